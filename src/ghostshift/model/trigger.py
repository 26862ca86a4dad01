"""A trigger as the server describes it, and what it is to be called on the new table. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """All that makes a trigger what it is. Its place in the firing order is its place among the others."""

    name: str
    timing: str
    """BEFORE or AFTER."""
    event: str
    """INSERT, UPDATE or DELETE."""
    definer: str
    """`user@host`."""
    sql_mode: str
    charset: str
    """Of the client that made it (character_set_client): how the server reads the body's bytes."""
    collation: str
    """collation_connection, which decides how the body compares its literals."""
    body: str
    """What stands behind FOR EACH ROW, byte for byte: bytes that are not UTF-8 are surrogates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTrigger:
    """A trigger of the original, and its name on the new table: a schema cannot have two of one name."""

    source: Trigger
    name: str

    @property
    def target(self) -> Trigger:
        """The trigger as it is to be on the new table."""
        return replace(self.source, name=self.name)
