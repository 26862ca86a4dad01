"""Initialised data folders, made once per server version and then copied: a second start needs a second, not ten.

A template holds no password and no identity: accounts are made by the init file of each start, and the server's
uuid is removed so that two copies may replicate from each other. Must never be started as a server itself.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ghostshift.model.errors import SandboxError
from ghostshift.sandbox.files import cache_dir, locked, private_dir
from ghostshift.sandbox.provision import Binaries
from ghostshift.sandbox.spec import INIT_SETTINGS

_MARIADB_SCRIPTS = (
    ("mysql_system_tables.sql", "mariadb_system_tables.sql"),  # since 11 the second names
    ("mysql_performance_tables.sql", "mariadb_performance_tables.sql"),
    ("mysql_system_tables_data.sql", "mariadb_system_tables_data.sql"),
    ("fill_help_tables.sql",),
    ("maria_add_gis_sp_bootstrap.sql",),
    ("mysql_sys_schema.sql", "mariadb_sys_schema.sql"),
)


def fill(binaries: Binaries, settings: Mapping[str, str], datadir: Path) -> None:
    """Make `datadir` an initialised data folder."""
    layout = {name: value for name, value in settings.items() if name in INIT_SETTINGS}
    template = _template(binaries, layout)
    try:
        shutil.copytree(template, datadir)
    except (OSError, shutil.Error) as error:
        raise SandboxError(f"cannot copy a fresh data folder to {datadir}: {error}") from error
    datadir.chmod(0o700)
    (datadir / "auto.cnf").unlink(missing_ok=True)


def _template(binaries: Binaries, layout: Mapping[str, str]) -> Path:
    words = [f"--{name}={value}" for name, value in sorted(layout.items())]
    digest = hashlib.sha256(" ".join([str(binaries.basedir), *words]).encode()).hexdigest()[:8]
    folder = cache_dir() / "templates" / f"{binaries.flavor}-{binaries.version}-{digest}"
    if folder.is_dir():
        return folder
    private_dir(folder.parent)
    with locked(folder.with_name(folder.name + ".lock")):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
                fresh = Path(scratch) / "data"
                _initialise(binaries, words, fresh, Path(scratch))
                fresh.rename(folder)
    return folder


def _initialise(binaries: Binaries, words: list[str], fresh: Path, scratch: Path) -> None:
    command = [*binaries.command(), f"--datadir={fresh}", f"--tmpdir={scratch}"]
    if os.geteuid() == 0:
        command.append("--user=root")
    if binaries.flavor == "mysql":
        _run(
            [*command, "--initialize-insecure", "--skip-log-bin", "--innodb-redo-log-capacity=16M", *words],
            "",
            binaries,
        )
        return
    (fresh / "mysql").mkdir(parents=True)
    bootstrap = ["--bootstrap", "--skip-log-bin", "--max-allowed-packet=8M", "--net-buffer-length=16K"]
    _run(
        [*command, *bootstrap, "--enforce-storage-engine=", "--innodb-log-file-size=16M", *words],
        _mariadb_sql(binaries),
        binaries,
    )


def _mariadb_sql(binaries: Binaries) -> str:
    head = "use mysql;\nset @auth_root_socket=NULL;\nset @skip_auth_anonymous=1;\n"
    scripts = [binaries.share(*names).read_text(encoding="utf-8") for names in _MARIADB_SCRIPTS]
    return "\n".join([head, *scripts])


def _run(command: list[str], text: str, binaries: Binaries) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - our own server, no shell
            command, input=text, capture_output=True, text=True, check=False, timeout=300
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"{binaries.flavor} could not initialise a data folder: {error}") from error
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).splitlines()[-12:])
        raise SandboxError(f"{binaries.flavor} {binaries.version} could not initialise a data folder: {said}")
