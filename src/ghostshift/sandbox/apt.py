"""A private apt: fetches and unpacks Debian packages without root and without touching the machine's own state.

It has lists, cache, package status (empty, so that every dependency is fetched) and a sources list of its own, which
names the site that the machine's own apt uses. Signatures are verified by apt as ever: this module must never switch
that off, never install anything, and never name a registry or mirror itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ghostshift.model.errors import SandboxError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_TARGETS = "$(ORIGIN)|$(LABEL)|$(RELEASE)|$(REPO_URI)"
_UNNEEDED = ("perl", "libperl", "debconf", "systemd")  # scripts of ours they would serve are not used


def debian_site() -> str:
    """The address of the Debian archive that this machine's apt is set up for."""
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise SandboxError("this machine has no apt-get and dpkg to fetch a server with")
    listing = _run(["apt-get", "indextargets", "--format", _TARGETS])
    site = pick_site(listing, assume_debian=_is_debian())
    if site is None:
        raise SandboxError("apt on this machine knows no Debian archive")
    return site


def pick_site(listing: str, *, assume_debian: bool) -> str | None:
    """Choose the main archive among the lines of `apt-get indextargets`; security archives hold no other suites."""
    for line in listing.splitlines():
        origin, label, release, address = (line.split("|", 3) + [""] * 4)[:4]
        known = origin == "Debian" and label == "Debian"
        guessed = assume_debian and origin in {"", "$(ORIGIN)"} and "security" not in release + address
        if address and (known or guessed):
            return address
    return None


def source_line(site: str, suite: str, keyring: Path | None) -> str:
    """One line for a sources list: package index only, signed by Debian's keys."""
    options = "target=Packages" + (f" signed-by={keyring}" if keyring else "")
    return f"deb [{options}] {site} {suite} main\n"


def configuration(state: Path) -> str:
    """The apt configuration that keeps everything inside the folder `state`."""
    return "\n".join(
        [
            f'Dir::State "{state}/state";',
            f'Dir::State::status "{state}/status";',
            f'Dir::Cache "{state}/cache";',
            f'Dir::Log "{state}/log";',
            f'Dir::Etc::SourceList "{state}/sources.list";',
            'Dir::Etc::SourceParts "/dev/null";',
            'Dir::Etc::Preferences "/dev/null";',
            'Dir::Etc::PreferencesParts "/dev/null";',
            'APT::Sandbox::User "root";',  # the folder is private: the user that apt drops to could not write there
            'APT::Install-Recommends "false";',
            'APT::Keep-Downloaded-Packages "true";',
            'Acquire::Languages "none";',
            'Acquire::Retries "2";',
            'Debug::NoLocking "true";',
            "#clear APT::Update::Pre-Invoke;",  # the machine's hooks clean or feed its own caches
            "#clear APT::Update::Post-Invoke;",
            "#clear APT::Update::Post-Invoke-Success;",
            "#clear DPkg::Pre-Invoke;",
            "#clear DPkg::Post-Invoke;",
            "#clear DPkg::Pre-Install-Pkgs;",
            "",
        ]
    )


def fetch(suite: str, packages: Sequence[str], alone: Sequence[str], work: Path, tree: Path) -> None:
    """Unpack into `tree` the packages with all they need, and those of `alone` without; `work` is scratch space."""
    for folder in ("state/lists/partial", "cache/archives/partial", "log", "alone"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    keyring = KEYRING if KEYRING.exists() else None  # without it apt falls back on the keys the machine trusts
    (work / "status").touch()
    (work / "sources.list").write_text(source_line(debian_site(), suite, keyring), encoding="utf-8")
    (work / "apt.conf").write_text(configuration(work), encoding="utf-8")
    apt = ["apt-get", "-q", "-c", str(work / "apt.conf")]
    _run([*apt, "update", "--error-on=any"])
    _run([*apt, "install", "--yes", "--download-only", *packages])
    if alone:
        _run([*apt, "download", *alone], cwd=work / "alone")
    archives = [*(work / "cache/archives").glob("*.deb"), *(work / "alone").glob("*.deb")]
    wanted = [deb for deb in archives if not deb.name.startswith(_UNNEEDED)]
    tree.mkdir(parents=True)
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda deb: _run(["dpkg", "-x", str(deb), str(tree)]), wanted))


def _run(command: Sequence[str], cwd: Path | None = None) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed programs, no shell
            command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=900
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"{command[0]} could not be run: {error}") from error
    if done.returncode != 0:
        reason = " ".join(done.stderr.split()[-80:])
        raise SandboxError(f"{command[0]} failed ({done.returncode}): {reason}")
    return done.stdout


def _is_debian() -> bool:
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return False
    return "ID=debian" in text.splitlines()
