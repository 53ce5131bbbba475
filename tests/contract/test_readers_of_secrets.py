"""One suite for how secrets are compared: Secrets Manager of the simulated AWS and the fake must say the same.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets_troubleshoot.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import pytest

from dr_core.clock import ManualClock
from dr_core.errors import DeniedError, DrError, ThrottledError
from dr_core.observation.model import Reading, Verdict
from dr_core.replication.exposure import exposure_of
from dr_core.replication.history import with_history
from dr_core.replication.memory import MemorySecrets
from dr_core.replication.port import Secrets, SecretView
from dr_core.replication.readings import Towards
from dr_core.replication.secret_readings import secret_reading
from dr_core.replication.secrets import SecretsManager
from tests.contract.replication_subjects import HERE, THERE, Theatre, theatre

NAME = "ledger/key"


class Play(Protocol):
    """What can be done to a secret, with one reader of it."""

    clock: ManualClock
    secrets: Secrets

    def rotate(self) -> None: ...
    def stop(self) -> None: ...
    def throttle(self) -> None: ...
    def deny(self) -> None: ...
    def lose(self, region: str) -> None: ...


@dataclass
class InMemory:
    secrets: MemorySecrets = field(default_factory=MemorySecrets)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 1, 5, 10, 3, tzinfo=UTC)))
    stopped: bool = False

    def __post_init__(self) -> None:
        self._stand("v1", "v1", "InSync")

    def rotate(self) -> None:
        there = self.secrets.views[NAME, THERE].current_version
        if self.stopped:
            self._stand("v2", str(there), "Failed: no key")
        else:
            self._stand("v2", "v2", "InSync")

    def stop(self) -> None:
        self.stopped = True

    def throttle(self) -> None:
        self.secrets.refusing[THERE] = ThrottledError("Secrets Manager is throttled.")

    def deny(self) -> None:
        self.secrets.refusing[THERE] = DeniedError("permission is missing for secretsmanager:DescribeSecret.")

    def lose(self, region: str) -> None:
        self.secrets.down.add(region)

    def _stand(self, here: str, there: str, status: str) -> None:
        self.secrets.views[NAME, HERE] = SecretView(HERE, here, None, {THERE: status})
        self.secrets.views[NAME, THERE] = SecretView(THERE, there, HERE, {})


@dataclass
class InAws:
    stage: Theatre

    @property
    def clock(self) -> ManualClock:
        return self.stage.clock

    @property
    def secrets(self) -> Secrets:
        return SecretsManager(self.stage.client_of)

    def rotate(self) -> None:
        self.stage.client_of("secretsmanager", HERE).put_secret_value(SecretId=NAME, SecretString="never read")

    def stop(self) -> None:
        self.stage.world.add_fault("replication_stops", service="secretsmanager")

    def throttle(self) -> None:
        self.stage.world.add_fault("throttle", region=THERE, service="secretsmanager")

    def deny(self) -> None:
        self.stage.world.add_fault("denied", region=THERE, service="secretsmanager")

    def lose(self, region: str) -> None:
        self.stage.world.add_fault("region_down", region=region)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with theatre(tmp_path_factory.mktemp("world")) as found:
        yield found


@pytest.fixture(params=["memory", "aws"])
def play(request: pytest.FixtureRequest, stage: Theatre) -> Iterator[Play]:
    if request.param == "memory":
        yield InMemory()
        return
    yield InAws(stage)
    stage.tidy()


def look(play: Play, name: str = NAME, before: Reading | None = None) -> Reading:
    where = Towards("secret", name, THERE, HERE, 60, play.clock.now())
    new = secret_reading(where, _view(play, name, HERE), _view(play, name, THERE))
    (reading,) = with_history([new], [before] if before else [])
    return reading


def _view(play: Play, name: str, region: str) -> SecretView | DrError:
    try:
        return play.secrets.view(name, region)
    except DrError as error:
        return error


def test_present_the_replica_stands_on_the_same_version(play: Play) -> None:
    reading = look(play)
    assert reading.in_step is True
    assert "the same current version in both" in reading.reason
    assert "replica status InSync" in reading.reason
    assert reading.figures[0].value == 0
    assert exposure_of(reading, Verdict.HEALTHY, play.clock.now()).verdict == "ok"


def test_a_rotation_that_arrives_is_in_step(play: Play) -> None:
    play.rotate()
    assert look(play).in_step is True


def test_a_replica_that_fails_is_named_with_its_reason(play: Play) -> None:
    play.stop()
    play.rotate()
    reading = look(play)
    assert reading.in_step is False
    assert "the current versions differ" in reading.reason
    assert "replica status Failed: " in reading.reason
    assert reading.figures[0].value == 1
    assert reading.figures[0].reason.startswith(f"{THERE} Failed: ")
    assert exposure_of(reading, Verdict.HEALTHY, play.clock.now()).verdict == "over"


def test_missing_it_is_not_in_step_and_without_a_source_unknown(play: Play) -> None:
    reading = look(play, "ledger/other")
    assert reading.in_step is None
    assert reading.reason


def test_idle_it_is_compared_anew_in_every_pass(play: Play) -> None:
    reading = look(play)
    for _ in range(20):
        play.clock.advance(10)
        reading = look(play, before=reading)
        assert exposure_of(reading, Verdict.HEALTHY, play.clock.now()).verdict == "ok"
        assert reading.measured_at == play.clock.now()


@pytest.mark.parametrize(("trouble", "word"), [("throttle", "throttled"), ("deny", "permission is missing")])
def test_a_refusal_is_unknown_and_keeps_the_last_comparison_until_that_is_stale(
    play: Play, trouble: str, word: str
) -> None:
    before = look(play)
    getattr(play, trouble)()
    assert look(play).in_step is None
    kept = look(play, before=before)
    assert (kept.in_step, kept.measured_at) == (True, before.measured_at)
    assert word in kept.reason
    play.clock.advance(61)
    assert exposure_of(kept, Verdict.HEALTHY, play.clock.now()).verdict == "stale"


@pytest.mark.parametrize("lost", [HERE, THERE])
def test_with_a_region_down_it_is_unknown_with_a_reason(play: Play, lost: str) -> None:
    play.lose(lost)
    reading = look(play)
    assert reading.in_step is None
    assert lost in reading.reason
    assert reading.figures[0].source
