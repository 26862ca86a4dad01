"""A table's definition as a digest, by which a table is known again whatever it is called."""

from __future__ import annotations

import hashlib
import re

from ghostshift.model.names import TableName
from ghostshift.mysql import inspector
from ghostshift.mysql.session import Session


def digest(session: Session, name: TableName) -> str:
    """A digest of the table's definition, without its name and its next AUTO_INCREMENT value.

    And without the names of CHECK constraints: MySQL renames those that it has named itself together with the table.
    """
    return digest_of(inspector.read_create(session, name))


def digest_of(created: str) -> str:
    """The same of what SHOW CREATE TABLE has said."""
    text = re.sub(r"\bCONSTRAINT `(?:[^`]|``)*` CHECK\b", "CHECK", created)
    body = text.partition("(")[2]
    head, tail = body.rsplit("\n)", 1) if "\n)" in body else (body, "")
    tail = re.sub(r"\s*\bAUTO_INCREMENT=\d+", "", tail)
    return hashlib.sha256(f"{head}\n){tail}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
