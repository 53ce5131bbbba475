"""What each component's answer, or its error, says about a region."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.errors import DeniedError, DrError, RejectedError, ThrottledError, UnreachableError
from dr_core.health.capacity import by_run, excuse_idle, judge_capacity
from dr_core.health.control_plane import state_of
from dr_core.health.database import ClusterFacts, judge_member
from dr_core.health.route53 import CheckerReport, route53_signal
from dr_core.health.secrets import judge_secret
from dr_core.observation.model import CapacityState, DatabaseState, MemberState, Signal, SignalState, Vantage, Work
from dr_core.replication.port import SecretView

NOW = datetime(2026, 1, 5, tzinfo=UTC)
OK, BAD, UNKNOWN = SignalState.OK, SignalState.BAD, SignalState.UNKNOWN


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (UnreachableError("silent"), BAD),
        (RejectedError("no such thing"), BAD),
        (ThrottledError("too many"), UNKNOWN),
        (DeniedError("not allowed"), UNKNOWN),
        (DrError("not asked"), UNKNOWN),
    ],
)
def test_silence_is_bad_and_what_was_not_measured_is_unknown(error: DrError, state: SignalState) -> None:
    assert state_of(error) is state


def report(good: bool | None, *, age_s: float = 10, region: str = "us-west-1") -> CheckerReport:
    return CheckerReport(region, good, "words", NOW - timedelta(seconds=age_s))


@pytest.mark.parametrize(
    ("remark", "reports", "state"),
    [
        ("all see it", [report(True)] * 4, OK),
        ("one checker's trouble is its own", [report(True)] * 3 + [report(False)], OK),
        ("half is no majority", [report(True), report(False)], OK),
        ("most report failure", [report(True), report(False), report(False)], BAD),
        ("nobody reports", [], UNKNOWN),
        ("reports that are too old do not count", [report(False, age_s=900)] * 3, UNKNOWN),
        ("words that are neither", [report(None)], UNKNOWN),
    ],
)
def test_route53_says_what_most_of_its_checkers_say(
    remark: str, reports: list[CheckerReport], state: SignalState
) -> None:
    signal = route53_signal("eu-north-1", "hc-9", reports, NOW)
    assert signal.state is state, remark
    assert signal.vantage is Vantage.ROUTE53
    assert signal.detail


def capacity(desired: int | None, running: int | None, region: str = "eu-north-1") -> CapacityState:
    return CapacityState(region=region, name="c/s", desired=desired, running=running, reason="why", observed_at=NOW)


@pytest.mark.parametrize(
    ("remark", "state", "active", "expected"),
    [
        ("running where it should", capacity(2, 2), "eu-north-1", OK),
        ("nothing runs in the active region, whoever scaled it", capacity(0, 0), "eu-north-1", BAD),
        ("a standby of size nothing is well", capacity(0, 0), "eu-south-1", OK),
        ("a standby that should run and does not", capacity(1, 0), "eu-south-1", BAD),
        ("nothing runs and nobody knows which region is active", capacity(0, 0), None, UNKNOWN),
        ("not measured", capacity(None, None), "eu-north-1", UNKNOWN),
    ],
)
def test_capacity_is_judged_by_what_should_run(
    remark: str, state: CapacityState, active: str | None, expected: SignalState
) -> None:
    assert judge_capacity(state, active)[0] is expected, remark


def probe(region: str, state: SignalState = BAD, vantage: Vantage = Vantage.PROBE) -> Signal:
    return Signal(
        region=region, component="http", name="u", vantage=vantage, state=state, detail="HTTP 503", observed_at=NOW,
        source="GET u",
    )  # fmt: skip


def test_a_pilot_light_cannot_answer_and_is_not_called_ill_for_it() -> None:
    (excused,) = excuse_idle([probe("eu-north-1")], [capacity(0, 0)], "eu-south-1")
    assert excused.state is UNKNOWN
    assert "nothing is meant to run here" in excused.detail


@pytest.mark.parametrize(
    ("remark", "signal", "states", "active"),
    [
        ("the active region is never excused", probe("eu-north-1"), [capacity(0, 0)], "eu-north-1"),
        ("one service that should run", probe("eu-north-1"), [capacity(0, 0), capacity(1, 0)], "eu-south-1"),
        ("what could not be measured is no excuse", probe("eu-north-1"), [capacity(None, None)], "eu-south-1"),
        ("the control plane must answer", probe("eu-north-1", vantage=Vantage.CONTROL_PLANE), [capacity(0, 0)], "x"),
        ("nobody knows the active region", probe("eu-north-1"), [capacity(0, 0)], None),
    ],
)
def test_everything_else_stays_bad(
    remark: str, signal: Signal, states: list[CapacityState], active: str | None
) -> None:
    assert excuse_idle([signal], states, active) == (signal,), remark


SIZE = probe("eu-north-1", vantage=Vantage.CONTROL_PLANE).model_copy(update={"component": "capacity", "name": "c/s"})
WRITER = SIZE.model_copy(update={"component": "database", "name": "db"})
API = capacity(4, 4).model_copy(update={"name": "c/api"})
WORKS = [Work(run="run-1", region="eu-north-1", name="c/s")]


@pytest.mark.parametrize(
    ("remark", "signals", "states", "works", "active", "expected"),
    [
        ("fenced", [probe("eu-north-1"), SIZE], [capacity(0, 0)], WORKS, "eu-north-1", "run-1"),
        ("a standby on its way", [probe("eu-north-1"), SIZE], [capacity(2, 0)], WORKS, "eu-south-1", "run-1"),
        ("its endpoint comes after its copies", [probe("eu-north-1")], [capacity(2, 1)], WORKS, "eu-south-1", "run-1"),
        ("all are there, and it does not answer", [probe("eu-north-1")], [capacity(4, 4)], WORKS, "eu-south-1", None),
        ("every region may serve", [probe("eu-north-1")], [capacity(2, 1)], WORKS, None, None),
        ("what it does not stop runs", [probe("eu-north-1"), SIZE], [capacity(0, 0), API], WORKS, "eu-north-1", None),
        ("all of it stops", [probe("eu-north-1"), SIZE], [capacity(0, 0), API.model_copy(update={"desired": 0})], WORKS,
         "eu-north-1", "run-1"),
        ("where users are sent, copies that run must answer", [probe("eu-north-1")], [capacity(2, 2)], WORKS,
         "eu-north-1", None),
        ("the database, too", [probe("eu-north-1"), SIZE, WRITER], [capacity(0, 0)], WORKS, "eu-north-1", None),
        ("a count that nobody could read", [probe("eu-north-1"), SIZE], [capacity(None, None)], WORKS, "x", None),
        ("no run", [probe("eu-north-1"), SIZE], [capacity(0, 0)], [], "eu-north-1", None),
        ("a run elsewhere", [probe("eu-north-1"), SIZE], [capacity(0, 0)],
         [WORKS[0].model_copy(update={"region": "eu-south-1"})], "eu-north-1", None),
        ("nothing is bad", [], [capacity(0, 0)], WORKS, "eu-north-1", None),
    ],
)  # fmt: skip
def test_a_run_explains_what_its_own_steps_take_away(
    remark: str, signals: list[Signal], states: list[CapacityState], works: list[Work],
    active: str | None, expected: str | None,
) -> None:  # fmt: skip
    assert by_run("eu-north-1", signals, states, [], works, active) == expected, remark


def view(writer: bool = True, region: str = "eu-north-1") -> DatabaseState:
    member = MemberState(region=region, cluster="db", is_writer=writer)
    return DatabaseState(members=(member,), observed_via=region, observed_at=NOW)


@pytest.mark.parametrize(
    ("remark", "seen", "facts", "expected"),
    [
        ("a writer at work", view(), ClusterFacts("available", 2, "16.4"), OK),
        (
            "a reader without instances is headless, not ill",
            view(writer=False),
            ClusterFacts("available", 0, "16.4"),
            OK,
        ),
        ("a writer without instances writes nothing", view(), ClusterFacts("available", 0, "16.4"), BAD),
        ("a stopped cluster", view(), ClusterFacts("stopped", 1, "16.4"), BAD),
        ("its key is gone", view(), ClusterFacts("inaccessible-encryption-credentials-recoverable", 1, None), BAD),
        ("a backup is no illness", view(), ClusterFacts("backing-up", 1, "16.4"), OK),
        ("no status", view(), ClusterFacts(None, 1, None), UNKNOWN),
        ("not a member any more", view(region="eu-south-1"), ClusterFacts("available", 1, None), BAD),
    ],
)
def test_a_database_member_is_judged_by_role_and_status(
    remark: str, seen: DatabaseState, facts: ClusterFacts, expected: SignalState
) -> None:
    assert judge_member("eu-north-1", seen, facts)[0] is expected, remark


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        (SecretView("eu-north-1", "v1", "eu-north-1", {}), OK),
        (SecretView("eu-north-1", None, "eu-north-1", {}), BAD),
        (SecretView("eu-north-1", "v1", None, {}, deleted=True), BAD),
    ],
)
def test_a_secret_without_a_current_version_is_of_no_use(secret: SecretView, expected: SignalState) -> None:
    assert judge_secret("eu-north-1", secret)[0] is expected
