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
    "osc": {
        flag.replace("-", "_"): flag
        for flag in (
            *("chunk-size", "max-load", "max-lag-millis"),
            *("polite", "copy-threads", "apply-threads", "app-latency-target", "chunk-seconds"),
        )
    },
}
"""What is read: by section, the file's names and the flags that they stand for. gh-ost parses [osc] and forgets it."""


_QUOTED = re.compile(r"""(["'])(.*?)\1(?:\s+#.*)?\s*""", re.DOTALL)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_COMMENT = re.compile(r"(?:^|\s+)#.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Conf:
    """What a file says."""

    texts: Mapping[str, str]
    """By flag."""
    warnings: tuple[str, ...] = ()


def read_conf(path: str, environment: Mapping[str, str], sections: Mapping[str, Mapping[str, str]] = SECTIONS) -> Conf:
    """Read it; a value that is ${NAME} and no more is that environment variable. Raises UsageError."""
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True)
    try:
        lines = Path(path).read_text(encoding="utf-8")
        parser.read_string(lines)
        mode = Path(path).stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--conf {path} cannot be read: {error}") from None
    except configparser.Error as error:
        # The parser's message may quote the line, and the line may hold the password.
        raise UsageError(f"--conf {path} is not an INI file: {type(error).__name__}") from None
    if not any(parser.has_section(section) for section in sections):
        known = " and no ".join(f"[{section}]" for section in sections)
        raise UsageError(f"--conf {path} has no {known} section, so nothing in it would be used")
    warnings = _check_lines(path, lines, sections)
    texts, tells = {}, False
    for section, names in sections.items():
        for name, flag in names.items():
            text = parser.get(section, name, fallback=None)
            if text is not None:
                texts[flag] = _opened(_bare(text), environment, f"{name} in [{section}] of --conf {path}")
                tells |= "password" in flag and texts[flag] == _bare(text) != ""
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


def _opened(text: str, environment: Mapping[str, str], where: str) -> str:
    """Anything more than ${NAME} is letters: a password may have any."""
    found = _VARIABLE.fullmatch(text)
    if found is None:
        return text
    if found[1] not in environment:
        raise UsageError(f"{where} is taken from the environment, where there is no {found[1]}; export it")
    return environment[found[1]]


def _check_lines(path: str, text: str, sections: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What is to be said of names in [osc] that nobody knows.

    Raise UsageError for a line that begins as one of ours and has no `=` behind the name: it would be passed over.

    The line is named by its number, for what stands in it may be the password.
    """
    names: Mapping[str, str] = {}
    section, warnings = "", []
    for number, line in enumerate(text.splitlines(), 1):
        if header := configparser.ConfigParser.SECTCRE.match(line.strip()):
            section = header["header"]
            names = sections.get(section, {})
            continue
        words = re.split("[=:]", line, maxsplit=1)[0].split()
        if words and words[0].lower() in names and (len(words) > 1 or not re.search("[=:]", line)):
            raise UsageError(f"--conf {path}, line {number}: write it as {words[0].lower()} = …")
        strange = section == "osc" and words and words[0].lower() not in {*names, "replication_lag_query"}
        if strange and section in sections and line[0] not in " \t#;":
            warnings.append(f"line {number} of {path} changes nothing: [osc] has no such name")
    return warnings
