"""`ghostshift plan`: the same line of flags as `migrate`, and `--json`; a report out. Nothing of the user's is touched.

0 where `migrate` would go, 3 where it would refuse; what else goes wrong has the exit code of its error.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
from collections.abc import Sequence

from ghostshift.cli_log import logging_to_stderr, report, set_level
from ghostshift.cli_signals import hearing
from ghostshift.command_line import read_line, usage
from ghostshift.core.report import saying
from ghostshift.flags import Settings, build_options, check_values, settle
from ghostshift.model.errors import MigrationError, Refused, UsageError
from ghostshift.model.report import Report
from ghostshift.plan_text import show
from ghostshift.planning import Planning
from ghostshift.runtime.group import Stop

PROGRAM = "ghostshift plan"
_JSON = ("--json", "-json", "--json=true", "-json=true")


def run(words: Sequence[str]) -> int:
    """Do what the line says. The exit code; whatever goes wrong has been told."""
    with logging_to_stderr():
        settings: Settings | None = None
        try:
            as_json = any(word in _JSON for word in words)
            line = read_line([word for word in words if word not in _JSON])
            check_values(line)
            if line.get("help"):
                sys.stdout.write(
                    usage(PROGRAM) + "  --json\n        print the plan as JSON (docs/reference/plan-json.md)\n"
                )
                return 0
            settings = settle(line, os.environ)
            set_level(settings.values, logging.ERROR)
            found = _plan(settings)
            _print(found, as_json=as_json)
        except MigrationError as error:
            if isinstance(error, UsageError):
                error.add_note(f"{PROGRAM} --help lists all flags")
            report(error, traceback=bool(settings and (settings["debug"] or settings["stack"])))
            return error.exit_code
        except KeyboardInterrupt as error:
            error.args = ("interrupted again, on the way back; the table is as it was",)
            report(error, traceback=False)
            return 130
        return 0 if found.goes else Refused.exit_code


def _plan(settings: Settings) -> Report:
    try:
        options = build_options(settings)
        if options.recovery.revert:
            raise UsageError("--revert: ghostshift revert without --execute says what a revert would do")
    except Refused as refused:  # the ALTER that should name the table is one that is refused whatever table it names
        return Report(table="", alter=str(settings["alter"]), goes=False, refusals=(saying(refused),))
    stop = Stop()
    with hearing(stop, lambda: None):
        return Planning(options, stop, settings.warnings).run()


def _print(found: Report, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(dataclasses.asdict(found), indent=2) + "\n")
    else:
        show(found)
