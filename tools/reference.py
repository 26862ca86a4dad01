"""Writes docs/reference/ and docs/refusals/ from the code: flags, commands, exit codes, refusals and warnings.

`--check` only says what differs. The pages of refusals and warnings are the package's own, in src/ghostshift/pages.
"""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ghostshift.control.table import COMMANDS
from ghostshift.flag_table import FLAGS, Flag
from ghostshift.flags import PREFIX
from ghostshift.model import errors
from ghostshift.model.errors import MigrationError

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs"
REFUSALS = ROOT / "src" / "ghostshift" / "pages"
HEAD = "<!-- written by tools/reference.py; edit the code, not this page -->\n\n"


def flags() -> str:
    """All flags of `ghostshift migrate`."""
    lines = [
        "# Flags of `ghostshift migrate`",
        "",
        "`--flag value`, `--flag=value`, `-flag value`: all the same. A switch is on when it stands alone;",
        "`--flag=false` turns it off. Each can come from the environment too, by its name in capitals:",
        f"`{PREFIX}MAX_LAG_MILLIS`. The order is flag, environment, `--conf` file, default. An unknown word is",
        "an error, not ignored.",
    ]
    for group in dict.fromkeys(flag.group for flag in FLAGS):
        lines += ["", f"## {group.capitalize()}", "", "| flag | value | default | meaning |", "|---|---|---|---|"]
        lines += [_flag_line(flag) for flag in FLAGS if flag.group == group]
    return "\n".join(lines) + "\n"


def _flag_line(flag: Flag) -> str:
    value = {bool: "switch", int: "whole number", float: "number"}.get(flag.kind, "text")
    if flag.kind is bool:
        default = "on" if flag.default else "off"
    else:
        default = f"`{flag.default}`" if flag.default != "" else ""
    return f"| `--{flag.name}` | {value} | {default} | {flag.text} |"


def commands() -> str:
    """What the control socket understands."""
    lines = [
        "# Commands to a running migration",
        "",
        "One line to the control socket, `name` or `name=argument`; one answer comes back and the line is closed.",
        "The socket is `/tmp/gh-ost.<database>.<table>.sock` unless `--serve-socket-file` says otherwise, and only the",
        "user who runs the migration may use it ([how to](../howto/control.md)):",
        "",
        "    ghostshift control --database shop --table orders status",
        "    echo status | nc -U /tmp/gh-ost.shop.orders.sock",
        "",
        "`?` as the argument asks for the present value. An argument may stand in double quotes or in backquotes.",
        "Numbers beyond their bounds are brought within them, and the answer says so; less than nothing is refused",
        "where it has no sense (`copy-threads`, `apply-threads`, `app-latency-target`). Before the command may stand",
        "`token=…` (over the network, for all that changes anything) and then `format=json`: then the answer is",
        '`{"ok": true, "answer": "…"}`.',
        "",
        "| command | other names | argument | over the network | what it does |",
        "|---|---|---|---|---|",
    ]
    for command in COMMANDS:
        name, *others = command.names
        free = "free" if command.reads else "`?` free, else token" if command.asks else "token"
        written = f"`{command.argument}`" if command.argument else ""
        aliases = ", ".join(f"`{other}`" for other in others)
        lines.append(f"| `{name}` | {aliases} | {written} | {free} | {command.text} |")
    return "\n".join(lines) + "\n"


def exit_codes() -> str:
    """Errors and refusals."""
    lines = [
        "# Exit codes",
        "",
        "The class of the error decides. Whatever the code, unless it is 0 or 9 the original table is as it was and in",
        "its place; what was left on the server is named in the message, with the statement that removes it.",
        "",
        "| code | error | when |",
        "|---|---|---|",
        "| 0 | | the table is migrated, or (no `--execute`, `ghostshift plan`) could be; `ghostshift verify`: equal |",
    ]
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, MigrationError)]
    for kind in sorted(found, key=lambda kind: (kind.exit_code, kind.__name__)):
        text = " ".join((kind.__doc__ or "").split())
        lines.append(f"| {kind.exit_code} | {kind.__name__} | {text[0].lower()}{text[1:].rstrip('.')} |")
    lines += [
        "| 130 | | a second Ctrl-C cut the way back short, or one came before there was anything to undo |",
        "",
        "gh-ost knows 0, 1 and 2: 2 for a line that cannot be read, 1 for whatever else ends a run. A script that asks",
        'for "not 0" needs no change. As there, a clean-up that fails after the swap is still 0, with a warning that',
        "names what is left.",
        "",
        "`ghostshift demo` ends with 1 when its verdict is not good. After 9, see",
        "[after a failure](../howto/after-a-failure.md).",
        "",
        "## Refusals",
        "",
        "A refusal (3) ends with a code in brackets that does not change between versions. Nothing was touched, or",
        "it was removed again.",
        "",
        "| code | where it comes from | what it says |",
        "|---|---|---|",
        *sorted(_refusals()),
    ]
    return "\n".join(lines) + "\n"


def _refusals() -> Iterator[str]:
    package = ROOT / "src" / "ghostshift"
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        where = path.relative_to(package).as_posix()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Refused":
                code, message = node.args[0], node.args[1]
                if isinstance(code, ast.Constant):
                    found.setdefault(str(code.value), (where, _sentence(message)))
        found |= _rules(tree, where)
    for code, (where, text) in found.items():
        yield f"| [`{code}`](../refusals/{code}.md) | `{where}` | {text} |"


def _rules(tree: ast.Module, where: str) -> dict[str, tuple[str, str]]:
    """The tables of rules in core/checks.py: a code and the function that says the sentence."""
    bodies = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            code, rule = node.elts
            if isinstance(code, ast.Constant) and isinstance(rule, ast.Name) and rule.id in bodies:
                found[str(code.value)] = (where, "; ".join(_returned(bodies[rule.id])))
    return found


def _returned(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            for value in (node.value.body, node.value.orelse) if isinstance(node.value, ast.IfExp) else (node.value,):
                if text := _sentence(value):
                    yield text


def _sentence(node: ast.expr) -> str:
    """A message with its holes shown as dots."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_sentence(value) if isinstance(value, ast.Constant) else "…" for value in node.values)
    if isinstance(node, ast.BinOp):
        return _sentence(node.left)
    return "…"


def refusals() -> str:
    """The index of the pages of refusals and warnings."""
    lines = [
        "# Refusals and warnings",
        "",
        "Each ends with a code in brackets that does not change between versions; each code has a page. The pages are",
        "part of the installed package, too: `ghostshift explain CODE`. `ghostshift plan` names all that apply to an",
        "ALTER before anything is done ([how to](../howto/plan.md)).",
    ]
    for kind, what in (("Refusal", "Refusals (exit code 3)"), ("Warning", "Warnings")):
        lines += ["", f"## {what}", "", "| code | |", "|---|---|"]
        for path in sorted(REFUSALS.glob("*.md")):
            head, summary = path.read_text(encoding="utf-8").split("\n\n")[:2]
            if head.startswith(f"# {kind}:"):
                lines.append(f"| [`{path.stem}`]({path.name}) | {' '.join(summary.split())} |")
    return "\n".join(lines) + "\n"


def plan_json() -> str:
    """The structure of `ghostshift plan --json`, from the docstrings of its fields."""
    tree = ast.parse((ROOT / "src" / "ghostshift" / "model" / "report.py").read_text(encoding="utf-8"))
    lines = [
        "# `ghostshift plan --json`",
        "",
        "One JSON object on the standard output. Fields are added, never renamed, removed or given another meaning",
        "while `format` is the same. The exit code is 0 where `goes` is true, else 3; where nothing could be found out",
        "at all (no server, a wrong flag) there is no JSON, and the [exit code](exit-codes.md) is that of the error.",
    ]
    for node in reversed([node for node in tree.body if isinstance(node, ast.ClassDef)]):
        text = (ast.get_docstring(node) or "").replace("\n", " ")
        lines += ["", f"## {node.name}", "", text, "", "| field | kind | meaning |", "|---|---|---|"]
        for field, told in pairwise(node.body):
            if isinstance(field, ast.AnnAssign) and isinstance(told, ast.Expr):
                meaning = " ".join(str(ast.literal_eval(told.value)).split())
                lines.append(f"| `{ast.unparse(field.target)}` | {_kind(ast.unparse(field.annotation))} | {meaning} |")
    return "\n".join(lines) + "\n"


def _kind(annotation: str) -> str:
    """A field's type in JSON's words."""
    words = {"str": "text", "bool": "true or false", "int": "whole number", "float": "number", "None": "null"}
    found = []
    for part in annotation.split(" | "):
        inner = part.removeprefix("tuple[").removesuffix(", ...]")
        name = words.get(inner, f"[{inner}](#{inner.lower()})")
        found.append(f"list of {name}" if inner != part else name)
    return " or ".join(found)


def pages() -> dict[str, str]:
    """All pages by their paths in docs/."""
    copied = {f"refusals/{path.name}": path.read_text(encoding="utf-8") for path in REFUSALS.glob("*.md")}
    copied["refusals/README.md"] = refusals()
    written = {"flags.md": flags, "commands.md": commands, "exit-codes.md": exit_codes, "plan-json.md": plan_json}
    return copied | {f"reference/{name}": make() for name, make in written.items()}


def main() -> int:
    """Write the pages, or compare them."""
    wanted = pages()
    stale = [path.name for path in (FOLDER / "refusals").glob("*.md") if f"refusals/{path.name}" not in wanted]
    if "--check" not in sys.argv[1:]:
        for name in stale:
            (FOLDER / "refusals" / name).unlink()
    for name, page in wanted.items():
        path, text = FOLDER / name, HEAD + page
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv[1:]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv[1:]:
        sys.stderr.write(f"docs/ is behind the code: {', '.join(stale)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
