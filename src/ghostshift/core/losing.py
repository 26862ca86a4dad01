"""What may not be lost even where losses are accepted: the key that rows are followed by. Pure."""

from __future__ import annotations

from ghostshift.model.errors import Refused
from ghostshift.model.plan import Plan
from ghostshift.sql.misfits import suspicions


def check_key_fits(plan: Plan) -> None:
    """Raise Refused where the ALTER narrows the shared key: a row whose key is cut could not be found again."""
    narrowed = [one.column for one in suspicions(plan) if one.column in plan.key.names()]
    if narrowed:
        raise Refused(
            "no-shared-key",
            f"the ALTER narrows {', '.join(dict.fromkeys(narrowed))} of the key {plan.key.index!r} that the rows of "
            f"{plan.table} are followed by: with --allow-data-loss its values might be cut, and a row could not be "
            "found again. Narrow the key without --allow-data-loss, which stops where a value does not fit",
        )
