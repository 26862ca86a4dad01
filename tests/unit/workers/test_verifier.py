"""What a checkpoint tells of the verification."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ghostshift.core.verifying import Suspects
from ghostshift.model.comparison import Stray
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.workers.verifier import Verifier

SPEC = KeySpec(index="PRIMARY", columns=(KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER),))


def verifier(suspects: Suspects) -> Verifier:
    comparer: Any = SimpleNamespace(comparison=SimpleNamespace(own_order=True, left_key=SPEC))
    stop, nobody = Stop(), object()
    some: Any = (nobody, nobody, comparer, Guarded(suspects, stop), nobody, nobody, nobody, stop, nobody)
    return Verifier(*some, passes=1, attempts=1)


def test_rows_that_only_the_ghost_has_are_found_again_by_walking_along_it_once_more() -> None:
    suspects = Suspects(certain_after=1)
    one = verifier(suspects)
    with one._walk.open() as walk:
        walk.extras_seen = True
    suspects.add({7: (7,)})
    assert one.compared().extras_seen
    suspects.add({Stray(b"A"): (Stray(b"A"),)})  # type: ignore[dict-item]
    told = one.compared()
    assert told.suspects == ((7,),)
    assert not told.extras_seen
    another = verifier(found := Suspects(certain_after=1))
    another.go_on(told)
    assert found.keys == (7,)
    with another._walk.open() as walk:
        assert not walk.extras_seen
