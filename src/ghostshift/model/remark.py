"""A warning with a stable code: what nobody forbids, and a person should know. Its page is pages/CODE.md.

As of a refusal, the code never changes; unlike a refusal it stops nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence, and the code of its page."""

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.text} [{self.code}]"
