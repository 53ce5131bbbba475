"""Custom steps of every kind, on the fakes and on the simulated AWS: done, done already, under way, failed, gone."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world.automations import Automations
from bot.sandbox.world.errands import Errands
from bot.sandbox.world.webhooks import KEY
from bot.sandbox.world.world import World
from dr_core.aws.cli import wait
from dr_core.aws.clients import observing_clients
from dr_core.aws.faults import outcome_unknown
from dr_core.aws.sending import guarded
from dr_core.aws.session import AwsSessions
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.custom.memory import MemoryAutomations, MemoryFunctions, MemoryWebhooks
from dr_core.errors import DeniedError, DrError, LeaseLostError, RejectedError, ThrottledError, UnreachableError
from dr_core.plan.catalogue import Catalogue, Progress, StepObservation, observed
from dr_core.plan.kinds import custom_lambda, custom_ssm, custom_webhook
from dr_core.plan.move import Move
from dr_core.plan.step import Mode, Step
from dr_core.plan.steps import KINDS, make_catalogue
from dr_core.ports import aws_ports
from dr_core.readiness.examination import Subject
from dr_core.readiness.examinations import custom
from dr_core.readiness.model import CheckState
from dr_core.readiness.surroundings import ServedCertificate, Surroundings
from dr_core.settings import read_settings
from dr_core.topology.custom import Custom
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology
from tests.contract.by_hand import Hands
from tests.ports import some_ports
from tests.undone import undone

SHOP = Path(__file__).parents[1] / "topologies" / "shop.yaml"
EU, WEST = "eu-central-1", "eu-west-1"
HOOKS = "https://hooks.example.com"
STEPS: dict[str, dict[str, Any]] = {
    "checked-lambda": {"lambda": {"function": "warm", "verify": "warm-check", "undo": "cool"}},
    "plain-lambda": {"lambda": {"function": "note"}},
    "document": {"ssm_document": {"document": "Copy", "undo": "Back", "parameters": {"To": "{target} ({mode})"}}},
    "checked-document": {"ssm_document": {"document": "Copy", "verify": "Check"}},
    "checked-webhook": {"webhook": {"url": f"{HOOKS}/act", "verify": f"{HOOKS}/check", "undo": f"{HOOKS}/undo"}},
    "plain-webhook": {"webhook": {"url": f"{HOOKS}/note", "secret": "hooks/key"}},
    "failing-lambda": {"lambda": {"function": "note-fails"}},
    "failing-document": {"ssm_document": {"document": "Copy-fails"}},
    "failing-webhook": {"webhook": {"url": f"{HOOKS}/fails"}},
    "hanging-lambda": {"lambda": {"function": "warm-hangs", "verify": "warm-check"}},
    "hanging-document": {"ssm_document": {"document": "Copy-hangs"}},
    "hanging-webhook": {"webhook": {"url": f"{HOOKS}/hangs", "verify": f"{HOOKS}/check"}},
    "silent-lambda": {"lambda": {"function": "note-silent"}},
    "silent-webhook": {"webhook": {"url": f"{HOOKS}/silent"}},
}
MAKERS = {"lambda": custom_lambda, "ssm_document": custom_ssm, "webhook": custom_webhook}
GOOD = [name for name in STEPS if name.startswith(("checked", "plain")) or name == "document"]


def entries() -> dict[str, Custom]:
    named = {name: {kind: {"name": name, **of} for kind, of in entry.items()} for name, entry in STEPS.items()}
    return {name: Custom.model_validate(entry) for name, entry in named.items()}


def topology() -> Topology:
    loaded = load_topology(SHOP)
    shop = loaded.applications["shop"].model_copy(update={"custom": tuple(entries().values())})
    return loaded.model_copy(update={"applications": {"shop": shop}})


@dataclass
class Place:
    """A world or the fakes; `kinds` is one process's, and another process has kinds of its own."""

    clock: ManualClock
    make: Any
    world: World | None = None
    sessions: Any = None
    hands: Any = None
    fakes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kinds: Catalogue = make_catalogue(self.make())
        self.runs = 0

    def reborn(self) -> None:
        self.kinds = make_catalogue(self.make())

    def claim(self) -> Claim:
        """Of a run of its own."""
        self.runs += 1
        return Claim("token", f"run-{self.runs}", 1)

    def effects(self) -> int:
        """What really happened, whatever was sent."""
        if self.world is not None:
            return len(self.world.part(Errands).told) + len(self.world.part(Automations).executions)
        return sum(len(vars(fake).get("begun", vars(fake).get("_started"))) for fake in self.fakes.values())

    def down(self, region: str) -> None:
        if self.world is not None:
            self.world.add_fault("region_down", region=region)
        for fake in self.fakes.values():
            fake.down = {region}


@pytest.fixture(scope="module", params=["memory", "aws"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One world for all: every test is a run of its own."""
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    if request.param == "memory":
        functions, automations, webhooks = MemoryFunctions(clock), MemoryAutomations(clock), MemoryWebhooks(clock)
        functions.fails, webhooks.fails = {"note-fails"}, {f"{HOOKS}/fails"}
        automations.fails, automations.hangs = {"Copy-fails"}, {"Copy-hangs"}
        fakes: dict[str, Any] = {"functions": functions, "automations": automations, "webhooks": webhooks}
        yield Place(clock, lambda: some_ports(**fakes), fakes=fakes)
        return
    world = World(topology(), data_dir=tmp_path_factory.mktemp("custom"), clock=clock, speed=1.0)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        try:
            ends = world.start()
            assert world.missing == ()
            probes = {"DR_PROBE_CONNECT_TO": ends.connect_to, "DR_PROBE_CA": str(ends.ca_path), "DR_WEBHOOK_KEY": KEY}
            loaded = topology()
            aws = AwsSessions.for_topology(loaded, ends.aws_url)
            hands = Hands(ends.aws_url, ends.connect_to, ends.ca_path, ends.resolver, clock)
            yield Place(clock, lambda: aws_ports(aws, read_settings(probes), clock), world, aws, hands)
        finally:
            world.stop()


@pytest.fixture(autouse=True)
def healthy(place: Place) -> Iterator[None]:
    yield
    if place.world is not None:
        place.world.remove_fault(None)
    for fake in place.fakes.values():
        fake.down = set()


def move(mode: Mode = Mode.PLANNED) -> Move:
    return Move("shop", topology().applications["shop"], EU, WEST, mode)


def step_of(name: str, mode: Mode = Mode.PLANNED, **changes: Any) -> Step:
    entry = entries()[name]
    spec = entry.value.model_copy(update=changes)
    return MAKERS[entry.kind].plan(move(mode), spec, ())  # type: ignore[attr-defined]


def undo_of(name: str) -> Step:
    (made,) = undone(step_of(name), back=replace(move(), source=WEST, target=EU))
    return made


def look(place: Place, step: Step, claim: Claim) -> StepObservation:
    return observed(place.kinds[step.kind], step, claim)


def act(place: Place, step: Step, claim: Claim) -> None:
    place.kinds[step.kind].act(step, claim)


def carried_out(place: Place, step: Step, claim: Claim) -> StepObservation:
    """As the runner does it: look, act where there is nothing, look again."""
    for _ in range(30):
        seen = look(place, step, claim)
        if seen.progress is Progress.SATISFIED:
            return seen
        if seen.progress is Progress.ABSENT:
            act(place, step, claim)
        place.clock.advance(5)
    raise AssertionError(f"{step.name} is not done: {seen}")


@pytest.mark.parametrize("name", GOOD)
def test_what_is_absent_is_done_once_and_then_seen_done(place, name):
    step, claim, before = step_of(name), place.claim(), place.effects()
    assert look(place, step, claim).progress is Progress.ABSENT
    carried_out(place, step, claim)
    assert place.effects() - before == (2 if name == "checked-document" else 1)


@pytest.mark.parametrize("name", [name for name in GOOD if not name.startswith("plain")])
def test_what_was_done_by_a_process_that_died_is_adopted_by_the_next(place, name):
    step, claim = step_of(name), place.claim()
    carried_out(place, step, claim)
    before = place.effects()
    place.reborn()
    assert look(place, step, claim).progress is Progress.SATISFIED
    assert place.effects() == before


@pytest.mark.parametrize("name", ["plain-lambda", "plain-webhook"])
def test_an_answer_that_died_with_its_process_is_asked_for_under_the_same_token(place, name):
    """Nobody can look at a step without a check: it is sent again, and its author keeps the token."""
    step, claim = step_of(name), place.claim()
    carried_out(place, step, claim)
    before = place.effects()
    place.reborn()
    assert look(place, step, claim).progress is Progress.ABSENT
    carried_out(place, step, claim)
    assert place.effects() == before, "the token was known"


@pytest.mark.parametrize("name", [name for name in GOOD if not name.startswith("plain")])
def test_what_takes_its_time_is_under_way_also_for_the_next_process(place, name):
    step, claim = step_of(name), place.claim()
    act(place, step, claim)
    assert look(place, step, claim).progress is Progress.UNDER_WAY
    place.reborn()
    assert look(place, step, claim).progress is Progress.UNDER_WAY


def test_another_run_is_another_errand(place):
    step = step_of("checked-lambda")
    carried_out(place, step, place.claim())
    assert look(place, step, place.claim()).progress is Progress.ABSENT


@pytest.mark.parametrize("name", ["checked-lambda", "document", "checked-webhook"])
def test_it_is_taken_back_by_its_undo(place, name):
    claim, back = place.claim(), undo_of(name)
    carried_out(place, step_of(name), claim)
    later = place.claim()
    assert look(place, back, later).progress is Progress.ABSENT, "that it was done is not that it was taken back"
    assert carried_out(place, back, later).progress is Progress.SATISFIED
    assert step_of(name).undo is not None


@pytest.mark.parametrize("name", ["failing-lambda", "failing-document", "failing-webhook"])
def test_a_failure_is_told_in_its_own_words_and_without_its_secrets(place, name):
    with pytest.raises(RejectedError) as caught:
        carried_out(place, step_of(name), place.claim())
    assert "fail" in caught.value.message.lower() or "told to" in caught.value.message
    assert "abcdef123456" not in str(caught.value)


def test_a_region_that_is_dead_answers_nothing(place):
    place.down(WEST)
    for name in ("checked-lambda", "document"):
        with pytest.raises(UnreachableError):
            look(place, step_of(name), place.claim())
        with pytest.raises(UnreachableError):
            act(place, step_of(name), place.claim())


def test_a_dead_source_is_tried_for_a_while_only_and_then_for_as_long_as_it_takes(place):
    here = step_of("checked-lambda", Mode.FORCED, region="source", required=True)
    assert (here.region, here.best_effort, here.deadline_s, here.follow_up) == (EU, True, 20.0, True)
    there = step_of("checked-lambda", Mode.FORCED, required=True)
    assert (there.region, there.best_effort, there.deadline_s, there.follow_up) == (WEST, False, 300.0, False)


# -- only AWS and hosts have these -----------------------------------------------------------------------------------

only_aws = pytest.mark.parametrize("place", ["aws"], indirect=True)
OPERATIONS = {"plain-lambda": ("lambda", "Invoke"), "document": ("ssm", "StartAutomationExecution")}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize(
    ("fault", "error", "unknown"),
    [
        ("throttle", ThrottledError, False),
        ("denied", DeniedError, False),
        ("error_before", UnreachableError, True),
        ("error_after", UnreachableError, True),
    ],
)
@only_aws
def test_a_call_that_fails_once_is_made_again_and_has_one_effect(place, name, fault, error, unknown):
    service, operation = OPERATIONS[name]
    step, claim, before = step_of(name), place.claim(), place.effects()
    place.world.add_fault(fault, region=WEST, service=service, operation=operation, value=1)
    with pytest.raises(error) as caught:
        act(place, step, claim)
    assert outcome_unknown(caught.value) is unknown
    carried_out(place, step, claim)
    assert place.effects() - before == 1


@pytest.mark.parametrize("name", ["silent-lambda", "silent-webhook"])
@only_aws
def test_no_answer_is_an_unknown_outcome(place, name):
    with pytest.raises(UnreachableError) as caught:
        act(place, step_of(name), place.claim())
    assert outcome_unknown(caught.value)


@only_aws
def test_nothing_leaves_without_a_lease(place):
    def lost() -> None:
        raise LeaseLostError("another process has it")

    before = place.effects()
    for name in ("plain-lambda", "document", "plain-webhook"):
        with guarded(lost), pytest.raises(LeaseLostError):
            act(place, step_of(name), place.claim())
    assert place.effects() == before


@only_aws
def test_a_webhook_that_is_signed_with_another_key_is_refused(place, monkeypatch):
    webhooks = place.make().webhooks
    monkeypatch.setattr(webhooks, "_key", type(webhooks._key)("another"))
    step, claim = step_of("checked-webhook"), place.claim()
    errand = custom_webhook.errand_of(step, custom_webhook.Post.model_validate(step.params), claim)
    with pytest.raises(DeniedError, match="401"):
        webhooks.send(f"{HOOKS}/act", None, WEST, errand)
    monkeypatch.setattr(webhooks, "_key", None)
    with pytest.raises(DeniedError, match="no key"):
        webhooks.send(f"{HOOKS}/act", None, WEST, errand)


@only_aws
def test_what_came_back_stands_in_the_evidence_without_secrets(place):
    seen = carried_out(place, step_of("plain-lambda"), place.claim())
    assert seen.evidence["answer"] == "done"
    assert "received act" in str(seen.evidence["answer_log"])
    assert "hunter2" not in str(seen.evidence)


@only_aws
def test_a_document_that_does_not_declare_a_parameter_is_refused(place):
    with pytest.raises(DrError, match="declare"):
        act(place, step_of("document", parameters={"Other": "x"}), place.claim())


@only_aws
def test_a_function_that_does_not_exist_is_refused_by_name(place):
    with pytest.raises(RejectedError, match="not found"):
        act(place, step_of("plain-lambda", function="nowhere"), place.claim())


@only_aws
@pytest.mark.parametrize("name", ["hanging-lambda", "hanging-document", "hanging-webhook"])
def test_what_hangs_is_under_way_for_as_long_as_somebody_looks(place, name):
    step, claim = step_of(name), place.claim()
    act(place, step, claim)
    for _ in range(3):
        place.clock.advance(600)
        assert look(place, step, claim).progress is Progress.UNDER_WAY


@only_aws
@pytest.mark.parametrize("name", GOOD)
def test_the_commands_of_the_runbook_do_what_the_bot_would_do(place, name):
    way, before = KINDS[step_of(name).kind].by_hand(step_of(name)), place.effects()
    today = f"date() {{ echo {int(place.clock.now().timestamp())}; }}"  # as the world has it
    own = name.replace("-", "_")  # a person copies them from dr.yaml
    known = [f"shop__{own}__{key}={url}" for key, url in STEPS[name].get("webhook", {}).items()]
    known += [today, f"export DR_WEBHOOK_KEY={KEY}"]
    lines = [*known, *way.act, *(wait(condition) for condition in way.until), *way.show]
    with tempfile.TemporaryDirectory(prefix="dr-hand-") as folder:
        said = place.hands.run("\n".join(lines), Path(folder))
    assert place.effects() - before == (2 if name == "checked-document" else 1), said


@only_aws
def test_preflight_asks_what_would_stop_them(place):
    """Each way in which the world may not fit dr.yaml, and what it says where it does."""
    loaded, world = topology(), place.world
    clients = observing_clients(place.sessions, None)
    good = ServedCertificate(place.clock.now(), "a friend")
    around = Surroundings(lambda *asked: good)
    subject = Subject("shop", loaded, clients, None, EU, place.clock.now(), around)
    assert world is not None
    found = preflight_of(subject)
    assert found["custom-unchecked", "plain-lambda"] is CheckState.FINDING
    assert found["custom-unchecked", "checked-lambda"] is CheckState.OK
    assert found["document-parameters", "Copy"] is CheckState.FINDING, "one step gives it To, another one nothing"
    assert found["document-parameters", "Check"] is CheckState.OK
    assert found["webhook-untrusted", "hooks.example.com:443"] is CheckState.OK
    assert found["webhook-key", "hooks/key"] is CheckState.OK
    secrets = place.sessions.client("secretsmanager", WEST)
    key = secrets.get_secret_value(SecretId="hooks/key")["SecretString"]
    secrets.delete_secret(SecretId="hooks/key", ForceDeleteWithoutRecovery=True)
    assert preflight_of(subject)["webhook-key", "hooks/key"] is CheckState.FINDING
    secrets.create_secret(Name="hooks/key", SecretString=key)


def preflight_of(subject: Subject) -> dict[tuple[str, str], CheckState]:
    """The worst of each check."""
    order = (CheckState.OK, CheckState.UNKNOWN, CheckState.FINDING)
    found: dict[tuple[str, str], CheckState] = {}
    for inquiry in custom.inquiries(subject):
        for check in inquiry.judge(inquiry.ask(), inquiry.about(subject.now)):
            key = check.code, check.subject
            found[key] = max(found.get(key, CheckState.OK), check.state, key=order.index)
    return found
