"""Which replication filters would keep a table of the migration from the log that is read. Pure.

A filter that hid the original but not the changelog would make a marker's arrival prove nothing, and one that hid the
ghost would break replication at the swap: so every table of ours must come through, for certain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ghostshift.core.topology import Route
from ghostshift.model.errors import Refused
from ghostshift.model.names import HelperNames, TableName
from ghostshift.model.server import Filters


def check_filters(route: Route, original: TableName, helpers: HelperNames) -> None:
    """Raise Refused where a table of the migration would not come through."""
    names = (original, helpers.ghost, helpers.old, helpers.changelog)
    for facts in route.servers:
        found = _hidden(facts.log_filters, names)
        if found:
            raise Refused(
                "binlog-filter", f"{facts.identity} leaves {found} out of its log (binlog_do_db and the like)"
            )
    for facts in route.passing:
        for channel in facts.channels:
            found = _hidden(channel.filters, names) or _unsure(channel.filters, route.migrated.identity.server_id)
            if found:
                raise Refused("replication-filter", f"{facts.identity} has a replication filter that hides {found}")


def comes_through(route: Route, names: Sequence[TableName]) -> bool:
    """Whether further tables would come through, too."""
    hidden = any(_hidden(facts.log_filters, names) for facts in route.servers)
    return not hidden and not any(_hidden(one.filters, names) for facts in route.passing for one in facts.channels)


def _hidden(filters: Filters, names: Sequence[TableName]) -> str:
    """The first of these tables that does not come through for certain."""
    for name in names:
        schema, full = name.schema.lower(), f"{name.schema}.{name.table}".lower()
        left_out = (
            (filters.do_schemas and schema not in _lower(filters.do_schemas))
            or schema in _lower(filters.ignore_schemas)
            or schema in _lower(filters.rewritten)
            or full in _lower(filters.ignore_tables)
            or any(_matches(pattern, full) for pattern in filters.wild_ignore_tables)
        )
        chosen = filters.do_tables or filters.wild_do_tables
        taken = full in _lower(filters.do_tables) or any(_matches(one, full) for one in filters.wild_do_tables)
        if left_out or (chosen and not taken):
            return str(name)
    return ""


def _unsure(filters: Filters, server_id: str) -> str:
    if server_id in filters.ignore_servers:
        return f"everything of server {server_id}"
    return f"GTID domains ({', '.join(filters.by_domain)})" if filters.by_domain else ""


def _matches(pattern: str, name: str) -> bool:
    expression = re.sub(
        r"\\(.)|(%)|(_)|(.)",
        lambda found: ".*" if found[2] else "." if found[3] else re.escape(found[1] or found[4]),
        pattern.lower(),
        flags=re.DOTALL,
    )
    return re.fullmatch(expression, name, re.DOTALL) is not None


def _lower(names: Sequence[str]) -> set[str]:
    return {name.lower() for name in names}
