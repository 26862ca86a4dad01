"""The runner of programs, with real programs: order, output, what cannot be run, and what was left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from ghostshift.hooks.endings import telling_the_end
from ghostshift.hooks.programs import SHOWN_BYTES, Programs, programs
from ghostshift.model.errors import CutOverFailed, HookFailed, StreamError, UsageError
from ghostshift.model.notice import AFTERMATH, Aftermath, Figures, Notice, Turn
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.outcome import Outcome
from ghostshift.model.settings import HookSettings
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.notifier import Notifier


def add(folder: Path, name: str, text: str, mode: int = 0o755) -> None:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)


def hear(folder: Path, turn: Turn = Turn.STARTUP, **more: float) -> None:
    Programs(folder, Stop(), **more).hear(Notice(turn))


def test_in_order_of_bytes_up_to_the_first_that_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("gh-ost-on-startup-b", "gh-ost-on-startup-B", "gh-ost-on-startup", "gh-ost-on-status"):
        add(tmp_path, name, "#!/bin/sh\necho $(basename $0) $#\n")
    add(tmp_path, "gh-ost-on-startup-a", "#!/bin/sh\necho failing; echo loud >&2; exit 7\n")
    with pytest.raises(HookFailed, match="gh-ost-on-startup-a failed with exit code 7"):
        hear(tmp_path)
    assert capsys.readouterr().err == "gh-ost-on-startup 0\ngh-ost-on-startup-B 0\nfailing\nloud\n"


def test_what_is_left_in_the_background_keeps_nobody_waiting(tmp_path: Path) -> None:
    add(tmp_path, "gh-ost-on-startup", "#!/bin/sh\nsleep 5 &\nexit 0\n")
    hear(tmp_path, timeout=3.0)


def test_much_output_is_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(tmp_path, "gh-ost-on-startup", f"#!/bin/sh\nhead -c {SHOWN_BYTES + 10} /dev/zero | tr '\\0' x\n")
    hear(tmp_path)
    assert capsys.readouterr().err.endswith("x\n… 10 more bytes\n")


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("#!/bin/sh\n", 0o644, "is no executable file"),
        ("#!/bin/sh\n", 0o757, "is not run, for every user of this machine can change it; chmod o-w"),
        ("no interpreter", 0o755, "begin with #!"),
        ("#!/nowhere/at/all\n", 0o755, "No such file"),
        ("#!/bin/sh\nkill -9 $$\n", 0o755, "was ended by SIGKILL"),
    ],
)
def test_what_cannot_be_run(tmp_path: Path, text: str, mode: int, why: str) -> None:
    add(tmp_path, "gh-ost-on-startup", text, mode)
    with pytest.raises(HookFailed, match=why):
        hear(tmp_path)


def test_a_folder_of_that_name_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "gh-ost-on-startup.d").mkdir()
    with pytest.raises(HookFailed, match="no executable file"):
        hear(tmp_path)


def test_one_that_does_not_hear_sigterm_is_killed(tmp_path: Path) -> None:
    add(tmp_path, "gh-ost-on-startup", "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n")
    with pytest.raises(HookFailed, match=r"did not end within 0\.2 s"):
        hear(tmp_path, timeout=0.2)


def test_the_stop_lets_a_hook_end_by_itself(tmp_path: Path) -> None:
    add(tmp_path, "gh-ost-on-status", "#!/bin/sh\nsleep 0.3\n")
    stop = Stop()
    stop.set()
    Programs(tmp_path, stop).hear(Notice(Turn.STATUS))


def test_a_revert_copies_nothing_and_tells_nothing_of_a_copy(tmp_path: Path) -> None:
    for turn in Turn:
        add(tmp_path, f"gh-ost-{turn.value}", f"#!/bin/sh\ntouch {tmp_path}/told-{turn.value}\n")
    for turn in Turn:
        Programs(tmp_path, Stop()).hear(Notice(turn, figures=Figures(revert=True)))
    untold = {turn for turn in Turn if not (tmp_path / f"told-{turn.value}").exists()}
    assert untold == {Turn.BEFORE_ROW_COPY, Turn.ROW_COPY_COMPLETE, Turn.ROWCOUNT_COMPLETE}


def object_to(*turns: Turn) -> Notifier:
    """A notifier with a hearer who writes down and objects."""
    told: list[Turn] = []

    def hear(notice: Notice) -> None:
        told.append(notice.turn)
        if notice.turn in turns:
            raise HookFailed(f"no {notice.turn.value}")

    notifier = Notifier((hear,))
    object_to.told = told  # type: ignore[attr-defined]
    return notifier


@pytest.mark.parametrize("turn", list(Turn))
def test_what_an_objection_means(turn: Turn, caplog: pytest.LogCaptureFixture) -> None:
    notifier = object_to(turn)
    if AFTERMATH[turn] is Aftermath.IGNORED:
        notifier.tell(turn)
        assert f"no {turn.value}" in caplog.text
    else:
        with pytest.raises(HookFailed, match=f"no {turn.value}"):
            notifier.tell(turn)


def test_the_table_of_failures_is_gh_ost_s() -> None:
    ignored = {turn.value for turn, what in AFTERMATH.items() if what is Aftermath.IGNORED}
    assert ignored == {"on-batch-copy-retry", "on-status", "on-failure", "on-start-replication"}
    again = {turn.value for turn, what in AFTERMATH.items() if what is Aftermath.ATTEMPT}
    assert again == {"on-begin-postponed", "on-stop-replication"}


def test_a_hearer_that_breaks_objects() -> None:
    def broken(_: Notice) -> None:
        raise KeyError("gone")

    with pytest.raises(HookFailed, match="a hearer of on-startup failed: KeyError: 'gone'"):
        Notifier((broken,)).tell(Turn.STARTUP)


def test_hearers_are_called_in_order_up_to_the_first_who_objects() -> None:
    told: list[int] = []

    def second(_: Notice) -> None:
        told.append(2)
        raise HookFailed("no")

    with pytest.raises(HookFailed):
        Notifier((lambda _: told.append(1), second, lambda _: told.append(3))).tell(Turn.STARTUP)
    assert told == [1, 2]


def test_where_nobody_hears_telling_does_nothing() -> None:
    Notifier.of(StatusBoard()).tell(Turn.STARTUP)


SWAPPED = Outcome(table="`s`.`t`", swapped=True, old_table="`s`.`_t_del`")


def test_the_success_is_told_once_all_is_done() -> None:
    assert telling_the_end(object_to(), lambda: SWAPPED) is SWAPPED
    assert object_to.told == [Turn.SUCCESS]  # type: ignore[attr-defined]


def test_an_objection_to_the_success_comes_too_late() -> None:
    with pytest.raises(HookFailed, match=r"`s`\.`t` IS migrated.*no on-success") as caught:
        telling_the_end(object_to(Turn.SUCCESS, Turn.FAILURE), lambda: SWAPPED)
    assert object_to.told == [Turn.SUCCESS, Turn.FAILURE]  # type: ignore[attr-defined]
    assert any("DROP TABLE `s`.`_t_del`" in note for note in caught.value.__notes__)


def test_a_failure_is_told_and_stays_what_it_is() -> None:
    def fail() -> Outcome:
        raise CutOverFailed("no luck")

    with pytest.raises(CutOverFailed, match="no luck"):
        telling_the_end(object_to(Turn.FAILURE), fail)
    assert object_to.told == [Turn.FAILURE]  # type: ignore[attr-defined]


def test_a_second_ctrl_c_in_the_last_hook_does_not_hide_the_failure() -> None:
    def interrupt(_: Notice) -> None:
        raise KeyboardInterrupt

    def fail() -> Outcome:
        raise StreamError("gone")

    with pytest.raises(StreamError) as caught:
        telling_the_end(Notifier((interrupt,)), fail)
    assert caught.value.__notes__ == ["the hooks of on-failure were interrupted"]
    with pytest.raises(HookFailed, match="IS migrated"):
        telling_the_end(Notifier((interrupt,)), lambda: SWAPPED)


def test_a_folder_that_everybody_may_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "hooks"
    folder.mkdir()
    folder.chmod(0o1777)
    hooks = HookSettings(path=str(folder))
    chosen = Options(endpoint=Endpoint(), schema="d", table="t", alter="ENGINE=InnoDB", hooks=hooks)
    with pytest.raises(UsageError, match=f"every user .* chmod o-w {folder}"):
        programs(chosen, Stop())
    folder.chmod(0o775)
    assert programs(chosen, Stop())
