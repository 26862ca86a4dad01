"""The file of --conf: an INI file, as gh-ost's users have it. Its texts by flag; flags.py makes values of them.

A message must never quote the file: there is a password in it.
"""

from __future__ import annotations

import configparser
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ghostshift.model.errors import UsageError

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "client": {name: name for name in ("user", "password", "host", "port", "socket")},
    "osc": {"chunk_size": "chunk-size", "max_load": "max-load", "max_lag_millis": "max-lag-millis"},
}
"""What is read: by section, the file's names and the flags that they stand for. gh-ost parses [osc] and forgets it."""


_QUOTED = re.compile(r"""(["'])(.*?)\1(?:\s+#.*)?\s*""", re.DOTALL)
_COMMENT = re.compile(r"(?:^|\s+)#.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Conf:
    """What a file says."""

    texts: Mapping[str, str]
    """By flag."""
    warnings: tuple[str, ...] = ()


def read_conf(path: str, environment: Mapping[str, str], sections: Mapping[str, Mapping[str, str]] = SECTIONS) -> Conf:
    """Read it; a value with ${NAME} in it is that environment variable. Raises UsageError."""
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True)
    try:
        parser.read_string(Path(path).read_text(encoding="utf-8"))
        mode = Path(path).stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--conf {path} cannot be read: {error}") from None
    except configparser.Error as error:
        # The parser's message may quote the line, and the line may hold the password.
        raise UsageError(f"--conf {path} is not an INI file: {type(error).__name__}") from None
    if not any(parser.has_section(section) for section in sections):
        known = " and no ".join(f"[{section}]" for section in sections)
        raise UsageError(f"--conf {path} has no {known} section, so nothing in it would be used")
    texts, tells = {}, False
    for section, names in sections.items():
        for name, flag in names.items():
            text = parser.get(section, name, fallback=None)
            if text is not None:
                texts[flag] = _opened(_bare(text), environment)
                tells |= "password" in flag and texts[flag] == _bare(text) != ""
    warnings = []
    if parser.get("osc", "replication_lag_query", fallback=None):
        warnings.append(f"replication_lag_query in {path} changes nothing: lag is read from the heartbeat")
    if tells and mode & stat.S_IROTH:
        warnings.append(f"every user of this machine can read the password in {path}; chmod 600 {path} hides it")
    return Conf(texts, tuple(warnings))


def _bare(text: str) -> str:
    """Without quotes around it, and without a comment behind it; a # within quotes or a word begins none."""
    if quoted := _QUOTED.fullmatch(text):
        return quoted[2]
    return _COMMENT.sub("", text)


def _opened(text: str, environment: Mapping[str, str]) -> str:
    _, found, rest = text.partition("${")
    if found and "}" in rest:
        return environment.get(rest.partition("}")[0], "")
    return text
