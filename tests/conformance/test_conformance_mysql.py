"""The conformance suite on MySQL: ghostshift makes of a table what the server's own ALTER makes of it."""

from __future__ import annotations

import pytest

from builders.conformance import Scenario
from builders.judging import Court

SERVER = "mysql"
FLAVOR = "mysql"


def test_what_the_servers_own_alter_makes(court: Court, scenario: Scenario) -> None:
    verdict = court.judge(scenario)
    if verdict.complaints:
        pytest.fail(str(verdict), pytrace=False)
