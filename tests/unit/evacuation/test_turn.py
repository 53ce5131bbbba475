"""Whose turn it is: by what became of those that it needs, and of the waves before."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.evacuation.turn import Move, Stage, Standing, over, turn

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
JUST, LONG_AGO = NOW - timedelta(minutes=1), NOW - timedelta(minutes=31)


def one(
    name: str,
    stage: Stage,
    wave: int = 1,
    after: tuple[str, ...] = (),
    decided: datetime | None = JUST,
    blocked: str = "",
    **more: Any,
) -> Standing:
    return Standing(name, wave, after, stage, f"{name} is {stage.value}", decided, blocked, **more)


ME = one("me", Stage.QUEUED, 2, ("base",))
FREE = one("me", Stage.QUEUED, 2)


@pytest.mark.parametrize(
    ("me", "others", "move", "said"),
    [
        (ME, [one("base", Stage.ARRIVED)], Move.START, ""),
        (ME, [one("base", Stage.UNDER_WAY)], Move.WAIT, "needs base"),
        (ME, [one("base", Stage.ASKED)], Move.WAIT, "needs base"),
        (ME, [one("base", Stage.STANDS)], Move.WAIT, "needs base"),
        (ME, [one("base", Stage.FAILED)], Move.HOLD, "has not arrived: base is failed"),
        (ME, [one("base", Stage.DROPPED, decided=NOW)], Move.HOLD, "has not arrived"),
        # whoever approved it knew that base does not go
        (ME, [one("base", Stage.DROPPED, decided=LONG_AGO)], Move.START, ""),
        (ME, [one("base", Stage.ARRIVED), one("other", Stage.UNDER_WAY)], Move.WAIT, "when wave 1 is over (other)"),
        (ME, [one("base", Stage.ARRIVED), one("other", Stage.FAILED)], Move.START, ""),
        (ME, [one("base", Stage.ARRIVED), one("other", Stage.DROPPED)], Move.START, ""),
        # who waits for a person keeps nobody who does not need it
        (ME, [one("base", Stage.ARRIVED), one("other", Stage.STANDS)], Move.START, ""),
        (ME, [one("base", Stage.ARRIVED), one("later", Stage.ASKED, wave=3)], Move.START, ""),
        (FREE, [one("base", Stage.ASKED)], Move.START, ""),
        (FREE, [one("base", Stage.QUEUED)], Move.WAIT, "when wave 1 is over"),
        (one("me", Stage.QUEUED, blocked="run-7"), [], Move.WAIT, "run-7 is not finished"),
        (one("me", Stage.QUEUED), [one("twin", Stage.UNDER_WAY)], Move.START, ""),
        # it was held for too long to go on with what failed, however long ago it was approved
        (one("me", Stage.QUEUED, 2, ("base",), LONG_AGO), [one("base", Stage.FAILED)], Move.HOLD, "has not arrived"),
        (
            one("me", Stage.QUEUED, 2, ("base",), held_at=LONG_AGO),
            [one("base", Stage.FAILED)],
            Move.LAPSE,
            "has not arrived",
        ),
        (one("me", Stage.QUEUED, 2, ("base",), held_at=LONG_AGO), [one("base", Stage.UNDER_WAY)], Move.WAIT, "base"),
        # the first of two approved it while base still went
        (
            one("me", Stage.QUEUED, 2, ("base",), NOW, first_ack_at=LONG_AGO),
            [one("base", Stage.DROPPED, decided=JUST)],
            Move.HOLD,
            "has not arrived",
        ),
        # what it needs was asked for before, and is no member
        (one("me", Stage.QUEUED, 2, ("base",), outside=(one("base", Stage.ASKED),)), [], Move.WAIT, "needs base"),
        (one("me", Stage.QUEUED, 2, ("base",), outside=(one("base", Stage.QUEUED),)), [], Move.WAIT, "needs base"),
        (one("me", Stage.QUEUED, 2, ("base",), outside=(one("base", Stage.FAILED),)), [], Move.HOLD, "has not arrived"),
        (one("me", Stage.QUEUED, 2, ("base",), outside=(one("base", Stage.ARRIVED),)), [], Move.START, ""),
    ],
)
def test_a_member_goes_when_what_it_needs_has_arrived_and_its_wave_has_come(
    me: Standing, others: Sequence[Standing], move: Move, said: str
) -> None:
    found = turn(me, {other.application: other for other in (me, *others)}, NOW)
    assert found.move is move, found
    assert said in found.reason


def test_who_needs_a_held_one_is_held_and_who_does_not_goes_on() -> None:
    held = one("held", Stage.QUEUED, 2, ("base",))
    far = one("far", Stage.QUEUED, 3, ("base", "held"))
    free = one("free", Stage.QUEUED, 3, ("twin",))
    among = {
        other.application: other
        for other in (one("base", Stage.FAILED), one("twin", Stage.ARRIVED, 2), held, far, free)
    }
    assert turn(held, among, NOW).move is Move.HOLD
    assert turn(far, among, NOW).move is Move.HOLD
    assert turn(free, among, NOW).move is Move.START


D = one("d", Stage.QUEUED, 3, ("c",))
C_ARRIVED = one("c", Stage.ARRIVED, 2)


@pytest.mark.parametrize(
    ("others", "move"),
    [
        # b waits for one that only a person can send on, directly or through others: d does not wait for b
        ([one("a", Stage.STANDS), one("b", Stage.QUEUED, 2, ("a",))], Move.START),
        ([one("a", Stage.ASKED), one("b", Stage.QUEUED, 2, ("a",))], Move.START),
        ([one("a", Stage.STANDS), one("a2", Stage.QUEUED, 1, ("a",)), one("b", Stage.QUEUED, 2, ("a2",))], Move.START),
        ([one("a", Stage.UNDER_WAY), one("a2", Stage.STANDS), one("b", Stage.QUEUED, 2, ("a", "a2"))], Move.WAIT),
        ([one("b", Stage.QUEUED, 2, ("a",), outside=(one("a", Stage.ASKED),))], Move.START),
        ([one("b", Stage.QUEUED, 1, blocked="run-7", blocked_stands=True)], Move.START),
        # whatever moves, or can begin by itself, is waited for
        ([one("b", Stage.QUEUED, 1, blocked="run-7")], Move.WAIT),
        ([one("a", Stage.UNDER_WAY), one("b", Stage.QUEUED, 2, ("a",))], Move.WAIT),
        ([one("b", Stage.QUEUED, 2)], Move.WAIT),
        ([one("b", Stage.UNDER_WAY, 2)], Move.WAIT),
    ],
)
def test_who_waits_for_a_person_keeps_nobody_who_does_not_need_it(others: Sequence[Standing], move: Move) -> None:
    among = {other.application: other for other in (*others, C_ARRIVED, D)}
    assert turn(D, among, NOW).move is move


def test_a_long_chain_is_decided_at_once() -> None:
    names = [f"m{number:02}" for number in range(60)]
    chain = [one(name, Stage.QUEUED, wave, tuple(names[: wave - 1])) for wave, name in enumerate(names, 1)]
    among = {other.application: other for other in (one("base", Stage.FAILED, 0), *chain)}
    assert turn(chain[-1], among, NOW).move is Move.WAIT


def test_who_only_needs_a_held_one_says_so() -> None:
    held, mine = one("held", Stage.QUEUED, 2, ("base",)), one("mine", Stage.QUEUED, 3, ("held",))
    among = {other.application: other for other in (one("base", Stage.FAILED), held, mine)}
    assert turn(mine, among, NOW).reason == "it needs held, which is held itself"


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ((Stage.ARRIVED, Stage.FAILED, Stage.DROPPED), True),
        ((Stage.ARRIVED, Stage.QUEUED), False),
        ((Stage.ARRIVED, Stage.ASKED), False),
        ((Stage.ARRIVED, Stage.STANDS), False),
        ((Stage.UNDER_WAY,), False),
    ],
)
def test_it_is_over_when_nothing_waits_or_moves(stages: tuple[Stage, ...], expected: bool) -> None:
    assert over({str(n): one(str(n), stage) for n, stage in enumerate(stages)}) is expected
