"""Finds a MySQL or MariaDB server program of the wanted version, or fetches one into the cache.

A server on PATH comes first. Otherwise Debian's packages are unpacked (never installed) into a folder of the cache,
and run through the dynamic loader that came with them, so that the machine's own libraries do not matter and nothing
needs root. Must never change the machine's package state, and never offer another version than the one asked for.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ghostshift.model.errors import SandboxError
from ghostshift.sandbox import apt
from ghostshift.sandbox.files import cache_dir, locked, private_dir

DEFAULT_VERSIONS = {"mysql": "9.7", "mariadb": "10.11"}

_PROGRAMS = {"mysql": ("mysqld",), "mariadb": ("mariadbd", "mysqld")}
_LOADERS = {"x86_64": "ld-linux-x86-64.so.2", "aarch64": "ld-linux-aarch64.so.1"}
_MARIADB_SUITES = {"10.11": "bookworm", "11.8": "trixie"}
_PACKAGES = {
    "mysql": ("mysql-server-core", "mysql-client-core"),
    "mariadb": ("mariadb-server-core", "mariadb-client-core"),
}
_ALONE = {"mysql": (), "mariadb": ("mariadb-server", "mariadb-client")}  # plug-ins and tools; their needs are not ours


@dataclass(frozen=True)
class Binaries:
    """A usable server: where its parts are and how its programs are run."""

    flavor: str
    version: str
    server: Path
    basedir: Path
    prefix: tuple[str, ...] = ()

    def command(self) -> list[str]:
        """The first words of the server's command line."""
        words = [*self.prefix, str(self.server), "--no-defaults", f"--basedir={self.basedir}"]
        messages = next(iter(sorted(self.basedir.glob("share/*/english/errmsg.sys"))), None)
        plugins = next((self.basedir / p for p in _PLUGIN_DIRS if (self.basedir / p).is_dir()), None)
        if self.prefix and messages:
            words += [f"--lc-messages-dir={messages.parents[1]}"]
            words += [f"--character-sets-dir={messages.parents[1] / 'charsets'}"]
        if self.prefix and plugins:
            words.append(f"--plugin-dir={plugins}")
        return words

    def program(self, name: str) -> list[str]:
        """The first words of another program's command line, `mysqlbinlog` for one."""
        for folder in ("bin", "sbin"):
            if (self.basedir / folder / name).exists():
                return [*self.prefix, str(self.basedir / folder / name)]
        raise SandboxError(f"{self.flavor} {self.version} came without the program {name}")

    def share(self, *names: str) -> Path:
        """A file that the server ships for its own set-up, under the first of these names that is there."""
        for name in names:
            for candidate in sorted(self.basedir.glob(f"share/*/{name}")):
                return candidate
        raise SandboxError(f"{self.flavor} {self.version} came without its file {names[0]} below {self.basedir}/share")


_PLUGIN_DIRS = ("lib/mysql/plugin", "lib/mariadb/plugin", "lib64/mysql/plugin", "lib/plugin")


def find(flavor: str, version: str) -> Binaries:
    """The server of this flavour and version: from PATH, from the cache, or fetched now."""
    check_request(flavor, version)
    if not sys.platform.startswith("linux"):
        raise SandboxError(f"throw-away servers need Linux; {_instead(flavor, version)}")
    on_path = _on_path(flavor, version)
    if on_path is not None:
        return on_path
    folder = cache_dir() / "servers" / f"{flavor}-{version}-{platform.machine()}"
    if not folder.is_dir():
        with locked(folder.with_name(folder.name + ".lock")):
            if not folder.is_dir():
                _fetch(flavor, version, folder)
    return _from_tree(flavor, version, folder)


def check_request(flavor: str, version: str) -> None:
    """Say no to what cannot be, before anything is fetched."""
    if flavor not in _PROGRAMS:
        raise SandboxError(f"no such flavour: {flavor!r}; there are mysql and mariadb")
    if not re.fullmatch(r"\d+(\.\d+){0,2}", version):
        raise SandboxError(f"not a version: {version!r}; write for example {DEFAULT_VERSIONS[flavor]}")


def suite_of(flavor: str, version: str) -> str:
    """The Debian suite that carries this version."""
    if flavor == "mysql":
        return "sid"
    for carried, suite in _MARIADB_SUITES.items():
        if matches(version, carried) or matches(carried, version):
            return suite
    offered = " and ".join(_MARIADB_SUITES)
    raise SandboxError(
        f"MariaDB {version} is not to be had here: Debian offers {offered}; {_instead('mariadb', version)}"
    )


def matches(version: str, wanted: str) -> bool:
    """Whether version 9.7.4 is a 9.7: compared part by part, not by letters."""
    return version.split(".")[: wanted.count(".") + 1] == wanted.split(".")


def parse_version(text: str) -> tuple[str, str] | None:
    """Flavour and version from what a server answers to --version."""
    found = re.search(r"Ver (\d+\.\d+\.\d+)(-MariaDB)?", text)
    return ("mariadb" if found[2] else "mysql", found[1]) if found else None


def _on_path(flavor: str, version: str) -> Binaries | None:
    for name in _PROGRAMS[flavor]:
        place = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/libexec")
        if place is None:
            continue
        server = Path(place).resolve()
        told = _ask_version([str(server)])
        if told is not None and told[0] == flavor and matches(told[1], version):
            return Binaries(flavor, told[1], server, server.parent.parent)
    return None


def _from_tree(flavor: str, version: str, folder: Path) -> Binaries:
    loader_name = _LOADERS.get(platform.machine())
    loader = next((path for path in folder.rglob(loader_name)), None) if loader_name else None
    if loader is None:
        raise SandboxError(f"no dynamic loader for {platform.machine()} in {folder}; {_instead(flavor, version)}")
    triplet = f"{platform.machine()}-linux-gnu"
    libraries = [folder / "lib" / triplet, folder / "usr/lib" / triplet]
    prefix = (str(loader), "--library-path", ":".join(str(path) for path in libraries if path.is_dir()))
    for name in _PROGRAMS[flavor]:
        server = folder / "usr/sbin" / name
        if server.exists():
            told = _ask_version([*prefix, str(server)])
            if told is None:
                raise SandboxError(f"the server unpacked in {folder} does not run; remove that folder and try again")
            return Binaries(flavor, told[1], server, folder / "usr", prefix)
    raise SandboxError(f"no server program in {folder}; remove that folder and try again")


def _fetch(flavor: str, version: str, folder: Path) -> None:
    suite = suite_of(flavor, version)
    private_dir(folder.parent)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
        tree = Path(scratch) / "tree"
        try:
            apt.fetch(suite, _PACKAGES[flavor], _ALONE[flavor], Path(scratch) / "apt", tree)
        except (SandboxError, OSError) as error:
            raise SandboxError(
                f"{flavor} {version} could not be fetched: {error}; {_instead(flavor, version)}"
            ) from error
        got = _from_tree(flavor, version, tree)
        if not matches(got.version, version):
            raise SandboxError(
                f"{flavor} {version} is not to be had here: Debian {suite} offers {got.version}; "
                f"ask for that, or {_instead(flavor, version)}"
            )
        tree.rename(folder)


def _ask_version(command: list[str]) -> tuple[str, str] | None:
    try:
        done = subprocess.run(  # noqa: S603 - a server program, no shell
            [*command, "--no-defaults", "--version"], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(done.stdout)


def _instead(flavor: str, version: str) -> str:
    program = _PROGRAMS[flavor][0]
    return f"install the {flavor} {version} server so that {program} is on PATH, or use a server of your own"
