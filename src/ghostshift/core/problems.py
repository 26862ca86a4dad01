"""All that the planner would refuse, where a person is to be told everything at once (`ghostshift plan`). Pure.

Its steps are asked one by one, then `make_plan` as a whole: so nothing that it refuses can be missing here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ghostshift.core.fillings import fillings
from ghostshift.core.oddities import check_conversions
from ghostshift.core.planner import (
    check_engine,
    check_understood,
    column_pairs,
    make_plan,
    shared_key,
)
from ghostshift.core.uniqueness import check_uniqueness, new_uniqueness
from ghostshift.model.errors import Refused
from ghostshift.model.names import HelperNames
from ghostshift.model.schema import Table
from ghostshift.sql.alter import Alter


def problems(original: Table, ghost: Table, helpers: HelperNames, alter: Alter, **given: Any) -> list[Refused]:
    """All that `make_plan` would refuse, not only the first; it takes the same."""
    columns = column_pairs(original, ghost, alter)
    image, nullable = given.get("full_row_image", True), given.get("nullable_key", False)
    lossy = given.get("lossy", False)
    steps: tuple[Callable[[], object], ...] = (
        lambda: check_understood(original, ghost, alter),
        lambda: check_engine(original, ghost),
        lambda: check_conversions(original, ghost, columns),
        lambda: shared_key(original, ghost, columns, full_row_image=image, nullable=nullable),
        lambda: check_uniqueness(original, () if lossy else new_uniqueness(original, ghost, columns)),
        lambda: fillings(original, ghost, columns, zero_dates=given.get("zero_dates", True)),
    )
    found = [refused for step in steps if (refused := _refused_by(step))]
    whole = _refused_by(lambda: make_plan(original, ghost, helpers, alter, **given))
    if whole is not None and whole.code not in {one.code for one in found}:
        found.append(whole)
    return found


def _refused_by(step: Callable[[], object]) -> Refused | None:
    try:
        step()
    except Refused as refused:
        return refused
    return None
