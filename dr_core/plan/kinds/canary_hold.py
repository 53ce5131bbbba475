"""Hold the canary, judge it, and take it back: after its time, or as soon as it fails, which ends the run."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import is_
from dr_core.canary.judge import Judgement, Outcome, judge
from dr_core.canary.port import Trial
from dr_core.claim import Claim
from dr_core.errors import FinalError, RejectedError
from dr_core.plan.canary import CanaryPlan
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.kinds import canary_start
from dr_core.plan.kinds.canary_start import Seen, Share, on_zones, read, sends, shown, take_back
from dr_core.plan.kinds.switch_records import ROUTE53_HOME
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import nothing_left
from dr_core.topology.traffic import Canary
from dr_core.traffic import by_hand
from dr_core.traffic.port import leading
from dr_core.traffic.weights import in_words
from dr_core.verify import by_hand as probes

LOOK_S = 5.0
RETURN_S = 900.0
"""How long its return may take by the plan. It is tried on after that: a share of the users is in the target."""


class Hold(Share):
    application: str
    start: str
    canary: Canary
    probes: dict[str, tuple[str, ...]]


def plan(move: Move, planned: CanaryPlan, start: Step) -> Step:
    """`start`: the step that begins it, by whose record the time is counted."""
    hold_s = planned.canary.hold.total_seconds()
    return KIND.step(
        move,
        f"Hold the canary for {hold_s:g} s, then send everybody to {move.source} again; end the run if it fails",
        Hold(
            **dict(canary_start.share(move, planned)),
            application=move.application,
            start=start.name,
            canary=planned.canary,
            probes=planned.probes,
        ),
        after=(start.name,),
        deadline_s=hold_s + planned.canary.patience.total_seconds() + RETURN_S,
        undo="Nothing: it takes back what the canary began",
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return on_zones(Hold.model_validate(step.params))


def commands(step: Step) -> Recipe:
    params = Hold.model_validate(step.params)
    watched = tuple(probes.get(url) for urls in params.probes.values() for url in urls)
    back = tuple(
        line for entry in params.records for line in (by_hand.batch(entry, params.source), by_hand.change(entry))
    )
    return Recipe(
        act=(f"sleep {params.canary.hold.total_seconds():g}", *back),
        until=(is_(by_hand.propagated(), "INSYNC"),),
        show=watched,
        note=f"Watch both regions meanwhile, in another shell, with the commands below: {params.target} must not fail "
        f"more often than {params.source}, nor answer much later. If it does, end the sleep, send everybody back "
        "with the rest of this step, and stop: nothing was taken away yet.",
    )


@dataclass(frozen=True)
class CanaryHold:
    """Under way while it is held, absent when it is to be taken back, done when it has passed and is taken back.

    One that has failed and is taken back is refused for good, which ends the run before anything was fenced. Whatever
    stops the run takes it back at once, and ends it: its users would be in the target for as long as people think.
    """

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Hold.model_validate(step.params)
        trial = self._trial(params)
        seen = read(self.ports.of(params.account).records, params)
        if trial.begun_at is None:
            return _never_begun(params, seen)
        judged = judge(params.canary, params.source, params.target, trial.begun_at, trial)
        evidence: dict[str, JsonValue] = {**judged.evidence, "weights": shown(seen)}
        if all(leading(found) == params.source for _, found in seen):
            return _after_return(judged, params, trial, evidence)
        if trial.stopped:
            why = f"{trial.stopped}, and everybody is being sent to {params.source} again: {judged.why}"
            return StepObservation(Progress.ABSENT, why, evidence)
        if judged.outcome is not Outcome.HOLDING:
            why = f"the canary has {judged.outcome} and is being taken back: {judged.why}"
            return StepObservation(Progress.ABSENT, why, evidence)
        if not all(sends(found, params.weights) for _, found in seen):
            stand = "; ".join(in_words(found) for _, found in seen)
            why = f"somebody else has changed the weights ({stand}); everybody is being sent to {params.source}"
            return StepObservation(Progress.ABSENT, why, evidence)
        return StepObservation(Progress.UNDER_WAY, judged.why, evidence, eta_s=min(LOOK_S, max(1.0, judged.left_s)))

    def act(self, step: Step, claim: Claim) -> None:
        params = Hold.model_validate(step.params)
        records = self.ports.of(params.account).records
        if self._trial(params).begun_at is None:
            left = tuple(entry for entry, found in read(records, params) if sends(found, params.weights))
            params = params.model_copy(update={"records": left})
        take_back(records, params, claim)

    def _trial(self, params: Hold) -> Trial:
        trials = self.ports.trials
        if trials is None:
            raise RejectedError("There is no store here to read the canary's measurements from.")
        return trials.trial(params.application, params.start, params.probes)


def _never_begun(params: Hold, seen: Seen) -> StepObservation:
    """Its start has failed, or nobody saw it done: of several names it may have reached some. Others are not touched,
    whoever they lead to."""
    left = [entry.name for entry, found in seen if sends(found, params.weights)]
    if left:
        why = f"the canary did not begin, and what {', '.join(left)} sends to {params.target} is being taken back"
        return StepObservation(Progress.ABSENT, why, {"weights": shown(seen)})
    raise FinalError(
        f"No run of {params.application} has recorded the start of a canary, and no name sends a share to "
        f"{params.target}."
    )


def _after_return(judged: Judgement, params: Hold, trial: Trial, evidence: dict[str, JsonValue]) -> StepObservation:
    """Everybody is with the source again: by this step, or, before its time, by somebody else."""
    if judged.outcome is Outcome.PASSED:
        return StepObservation(Progress.SATISFIED, f"the canary has passed: {judged.why}", evidence)
    if judged.outcome is Outcome.FAILED:
        raise FinalError(f"The canary has failed, and everybody is sent to {params.source} again: {judged.why}.")
    if trial.stopped:
        back = f"The canary was taken back before its time, and everybody is sent to {params.source} again"
        raise FinalError(f"{back}: {trial.stopped}.")
    raise FinalError(f"The canary was taken back before its time, and says nothing: {judged.why}.")


KIND = Kind(
    "canary-hold",
    does="Compares the target with the source for the whole hold, and then takes the canary back.",
    segment=Segment.CANARY,
    region=Side.TARGET,
    home=ROUTE53_HOME,
    plane=Plane.CONTROL,
    deadline_s=RETURN_S,
    late=Late.REFUSED,
    actions=("route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"),
    carry_out=CanaryHold,
    by_hand=commands,
    needs=needs,
    back="Nothing: it takes back what the canary began.",
    undo=nothing_left,
)
