"""The verdict: rows of observations and what must come of them, and what holds for every history."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dr_core.health.verdict import decide, isolated
from dr_core.observation.model import RegionVerdict, Signal, SignalState, Vantage, Verdict

START = datetime(2026, 1, 5, 10, 3, tzinfo=UTC)
HOLD_DOWN = timedelta(seconds=30)
REGION = "ap-south-1"
VANTAGES = {
    "p": Vantage.PROBE, "r": Vantage.ROUTE53, "c": Vantage.CONTROL_PLANE, "a": Vantage.ALARM, "h": Vantage.AWS_HEALTH,
}  # fmt: skip
TOLD_S = 900.0
STATES = {"+": SignalState.OK, "-": SignalState.BAD, "?": SignalState.UNKNOWN}


def signals(look: str, at: datetime, region: str = REGION) -> list[Signal]:
    """`p- c+`: the probe is bad, the control plane good. `a-!`: an alarm, which was told once and lasts."""
    return [
        Signal(
            region=region,
            component="thing",
            name="x",
            vantage=VANTAGES[word[0]],
            state=STATES[word[1]],
            detail="seen",
            observed_at=at,
            source="test",
            lasts_s=TOLD_S if word.endswith("!") else None,
        )
        for word in look.split()
    ]


def history(looks: list[str], step_s: float = 10, hold_down: timedelta = HOLD_DOWN) -> list[RegionVerdict]:
    """The verdicts of passes `step_s` apart."""
    found: list[RegionVerdict] = []
    for number, look in enumerate(looks):
        now = START + timedelta(seconds=number * step_s)
        found.append(decide(REGION, signals(look, now), found[-1] if found else None, now, hold_down))
    return found


BAD, GOOD, ONE, MUTE = "p- c-", "p+ c+", "p- c+", "p? c?"
H, D, X, U = Verdict.HEALTHY, Verdict.DEGRADED, Verdict.DOWN, Verdict.UNKNOWN

ROWS = [
    ("good from the first pass on is healthy at once", [GOOD, GOOD], [H, H]),
    ("two vantages bad for the whole hold-down are down", [BAD] * 4, [D, D, D, X]),
    ("our probe alone never makes down, however long", [ONE] * 8, [D] * 8),
    ("the control plane alone never makes down", ["p+ c-"] * 8, [D] * 8),
    ("Route 53 and our probe are two vantages", ["p- r-"] * 4, [D, D, D, X]),
    ("two components of one vantage are one observer", ["c- c-"] * 6, [D] * 6),
    ("the second vantage's flicker after long trouble of the first is not down", [ONE] * 5 + [BAD], [D] * 6),
    ("one pass without the second signal starts it again", [BAD, BAD, ONE, BAD, BAD, BAD, BAD], [D] * 6 + [X]),
    ("nothing measured is unknown at once", [GOOD, MUTE], [H, U]),
    ("no signal at all is unknown", [GOOD, ""], [H, U]),
    ("after unknown, good is healthy at once: there was nothing to recover from", [MUTE, GOOD], [U, H]),
    ("recovery takes the hold-down", [BAD] * 4 + [GOOD] * 4, [D, D, D, X, X, X, X, H]),
    ("a good pass in between does not end down", [BAD] * 4 + [GOOD, BAD, GOOD, BAD], [D, D, D] + [X] * 5),
    ("half a recovery is degraded after the hold-down", [BAD] * 4 + [ONE] * 5, [D, D, D, X, X, X, X, D, D]),
    ("a flicker stays degraded for the hold-down", [GOOD, ONE, GOOD, GOOD, GOOD, GOOD], [H, D, D, D, D, H]),
    ("flapping every pass is steadily degraded", [BAD, GOOD] * 5, [D] * 10),
    ("one vantage bad and the other silent is no sign of life", [BAD] * 4 + ["p- c?"] * 6, [D, D, D] + [X] * 7),
    ("down, then silence, then bad again: down at once", [BAD] * 4 + [MUTE, MUTE, BAD], [D, D, D, X, U, U, X]),
    ("down, then silence, then good: recovery still takes the hold-down", [BAD] * 4 + [MUTE] + [GOOD] * 4,
     [D, D, D, X, U, X, X, X, H]),
    ("an unknown vantage beside a good one is told and does not alarm", ["p+ c?", "p+ c?"], [H, H]),
    ("two messages make nothing down that answers", ["p+ c+ a-! h-!"] * 8, [D] * 8),
    ("nor where nothing answers", ["p? a-! h-!"] * 8, [D] * 8),
    ("a message and a look make down", ["p- c+ a-!"] * 4, [D, D, D, X]),
    ("an alarm that was told good is no sign of life", ["p? a+!"] * 4, [U] * 4),
    ("beside a look it is told, and changes nothing", ["p+ a+!"] * 2, [H, H]),
    ("nor does it end down", [BAD] * 4 + ["p- c? a+!"] * 6, [D, D, D] + [X] * 7),
]  # fmt: skip


@pytest.mark.parametrize(("remark", "looks", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_the_table_of_verdicts(remark: str, looks: list[str], expected: list[Verdict]) -> None:
    assert [verdict.verdict for verdict in history(looks)] == expected, remark


def test_before_the_hold_down_is_over_it_says_how_long_until_down() -> None:
    second = history([BAD, BAD])[1]
    assert "down in 20 s if this goes on" in second.reasons[0]
    assert second.bad_since == START


def test_reasons_name_each_signal_with_value_and_age() -> None:
    now = START + timedelta(seconds=4)
    verdict = decide(REGION, signals("p- c+ r?", START), None, now, HOLD_DOWN)
    assert verdict.reasons[1] == "bad: thing x: seen (probe, 10:03:00Z, 4 s old)"
    assert verdict.reasons[2].startswith("unknown: thing x")
    assert verdict.reasons[3].startswith("ok: thing x")


def test_a_verdict_keeps_the_time_it_was_reached() -> None:
    found = history([BAD] * 6)
    assert found[3].since == found[5].since == START + timedelta(seconds=30)
    assert found[5].bad_since == START


def test_old_signals_count_for_nothing() -> None:
    verdict = decide(REGION, signals(GOOD, START), None, START + timedelta(minutes=5), HOLD_DOWN)
    assert verdict.verdict is Verdict.UNKNOWN
    assert "2 signals are too old" in verdict.reasons[0]


def test_a_streak_that_nobody_watched_is_no_streak() -> None:
    first = history([BAD])[0]
    later = START + timedelta(minutes=10)
    assert decide(REGION, signals(BAD, later), first, later, HOLD_DOWN).verdict is Verdict.DEGRADED


def test_signals_of_other_regions_do_not_count() -> None:
    verdict = decide(REGION, signals(BAD, START, "ap-east-1"), None, START, timedelta(0))
    assert verdict.verdict is Verdict.UNKNOWN


def test_without_a_hold_down_two_vantages_are_down_at_once() -> None:
    assert history([BAD], hold_down=timedelta(0))[0].verdict is Verdict.DOWN


def test_what_a_run_takes_away_is_degraded_by_name_and_only_what_looked_bad_before_goes_down() -> None:
    def verdict(last: RegionVerdict | None, seconds: float) -> RegionVerdict:
        now = START + timedelta(seconds=seconds)
        return decide(REGION, signals(BAD, now), last, now, timedelta(0), run="run-1")

    first = verdict(history([GOOD])[0], 10)
    assert (first.verdict, first.run, first.bad_since) == (Verdict.DEGRADED, "run-1", None)
    assert "run-1 stops or starts work here" in first.reasons[0]
    assert verdict(first, 60).verdict is Verdict.DEGRADED
    assert verdict(history([BAD])[0], 10).verdict is Verdict.DOWN


def test_an_observer_that_hears_nothing_anywhere_suspects_itself() -> None:
    everywhere = signals("p- c-", START) + signals("p- c-", START, "ap-east-1")
    assert isolated(everywhere, outside_answers=False)
    verdict = decide(REGION, everywhere, None, START, timedelta(0), observer_alone=True)
    assert verdict.verdict is Verdict.UNKNOWN
    assert "this observer" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("remark", "other", "outside"),
    [
        ("the other region answers", "p+ c-", False),
        ("Route 53 answers and says bad", "r- c-", False),
        ("something outside the regions answers", "p- c-", True),
    ],
)
def test_an_observer_that_hears_anything_trusts_what_it_sees(remark: str, other: str, outside: bool) -> None:
    looked = signals("p- c-", START) + signals(other, START, "ap-east-1")
    assert not isolated(looked, outside_answers=outside), remark


looks = st.lists(
    st.lists(st.sampled_from(["p+", "p-", "p?", "r+", "r-", "r?", "c+", "c-", "c?"]), max_size=4).map(" ".join),
    min_size=1, max_size=25,
)  # fmt: skip


def _bad_vantages(look: str) -> set[str]:
    return {word[0] for word in look.split() if word[1] == "-"}


@settings(max_examples=200)
@given(looks)
def test_down_is_first_said_after_two_vantages_were_bad_for_the_whole_hold_down(
    seen: list[str],
) -> None:
    found = history(seen)
    for number, verdict in enumerate(found):
        if verdict.verdict is Verdict.DOWN and all(v.verdict is not Verdict.DOWN for v in found[:number]):
            assert all(len(_bad_vantages(look)) >= 2 for look in seen[number - 3 : number + 1])


@settings(max_examples=200)
@given(looks)
def test_healthy_needs_a_good_signal_and_no_bad_one(seen: list[str]) -> None:
    for look, verdict in zip(seen, history(seen), strict=True):
        if verdict.verdict is Verdict.HEALTHY:
            assert "+" in look
            assert "-" not in look


@settings(max_examples=200)
@given(looks)
def test_down_and_healthy_never_follow_each_other_within_the_hold_down(seen: list[str]) -> None:
    found = history(seen)
    for number in range(1, len(found)):
        recent = {verdict.verdict for verdict in found[max(0, number - 2) : number + 1]}
        assert not {Verdict.DOWN, Verdict.HEALTHY} <= recent or found[number].verdict is Verdict.HEALTHY
        if found[number].verdict is Verdict.HEALTHY and found[number - 1].verdict is Verdict.DOWN:
            assert all("-" not in look for look in seen[number - 3 : number + 1])


@settings(max_examples=200)
@given(st.sampled_from("prc"), looks)
def test_one_vantage_can_never_make_down(vantage: str, seen: list[str]) -> None:
    alone = [" ".join(word for word in look.split() if word[0] == vantage) for look in seen]
    assert all(verdict.verdict is not Verdict.DOWN for verdict in history(alone))
