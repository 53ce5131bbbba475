"""When a command needs more from the person: a form, the findings with their overrides, or the loss to type."""

import asyncio
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from bot.delivery import Delivery
from bot.desk import Desk
from bot.views import decide, evacuation, evacuation_modals, form, release, run, stop
from bot.views.modal import View
from bot.views.result import draw
from commands.arguments import bind
from commands.context import Outcome
from commands.parsing import Value, parse, words_of
from commands.questions import MissingArguments, NeedsAcceptance
from commands.registry import Command, Kind, registry
from commands.release import confirming
from dr_core.approvals.ack import Review
from dr_core.approvals.open import BlockedError
from dr_core.errors import DrError, NotFoundError
from dr_core.evacuation.deciding import Review as Whole
from dr_core.execution.brake import in_the_middle
from dr_core.execution.impact import ConfirmationError, Impact, impact_of
from dr_core.execution.model import Run
from dr_core.releases.asking import UnconfirmedError
from dr_core.reports.evacuation import EvacuationView, evacuation_view
from dr_core.reports.model import RunView
from dr_core.reports.request import request_view
from dr_core.reports.run import find
from dr_core.store import observations, requests, runs
from dr_core.store.engine import Tx

Choices = Mapping[Kind, Sequence[str]]


async def carry_out(desk: Desk, delivery: Delivery, words: str | list[str]) -> None:
    """Run a command and show its result, or open the view in which the rest is asked for."""
    try:
        outcome = await desk.run(delivery, words)
    except (MissingArguments, BlockedError, NeedsAcceptance, ConfirmationError, UnconfirmedError) as error:
        view = await _question(desk, delivery, words, error)
        if view is None or delivery.trigger is None:
            raise
        await desk.slack.open_view(delivery.trigger, view)
        if isinstance(error, BlockedError):
            raise  # said in the channel too: whoever closes the form still knows what stands in the way
        return
    await show(desk, delivery, outcome)


async def show(desk: Desk, delivery: Delivery, outcome: Outcome) -> None:
    """In the incident channel what is for all; everything else for the caller alone. Requests have their card."""
    result = outcome.result
    if isinstance(result, RunView) and outcome.command != "run show":
        message = run.confirmation(result)
    elif isinstance(result, EvacuationView) and outcome.command != "evacuation":
        message = evacuation.confirmation(result)
    else:
        message = draw(result)
    incident = delivery.channel == desk.topology.slack.incident_channel
    if incident and outcome.public:
        await desk.slack.post(desk.topology.slack.incident_channel, message)
    else:
        await desk.tell(delivery, message)


async def approve_view(desk: Desk, review: Review | Whole, channel: str) -> View:
    """The approve view of a request or of an evacuation, drawn from the store."""
    if isinstance(review, Whole):
        view = await asyncio.to_thread(evacuation_view, desk.services, review.evacuation.id)
        return evacuation_modals.approve(view, [one.application for one in review.waiting], review.must_type, channel)
    shown = await asyncio.to_thread(request_view, desk.services, review.request)
    return decide.approve(shown, review.must_type, channel)


async def _question(desk: Desk, delivery: Delivery, words: str | list[str], error: DrError) -> View | None:
    channel = delivery.channel or ""
    if isinstance(error, NeedsAcceptance):
        return await approve_view(desk, error.review, channel)
    if isinstance(error, ConfirmationError):
        return _confirmation(desk, words, error, channel)
    if isinstance(error, UnconfirmedError):
        return release.confirm(error.meant, confirming(*_typed(desk, words), error.meant), channel)
    if isinstance(error, MissingArguments):
        command = registry().get(error.command)
        if command is None:
            return None
        choices = await asyncio.to_thread(_choices, desk, command)
        if command.operation and _lacks_run(command, error.known, choices):
            raise NotFoundError("No run is under way.", hint="`/dr runs` lists the last ones.")
        if command.name in stop.VERBS and [param.name for param in error.missing] == ["reason"]:
            view = await asyncio.to_thread(_stopping, desk, command, error.known, channel)
            if view is not None:
                return view
        filled = _json({**error.proposed, **error.known})
        return form.form(command.name, command.params, filled, choices, channel, error.message)
    if isinstance(error, BlockedError) and _may_override(words, desk):
        command, values = _typed(desk, words)
        reason = values.pop("reason", "")
        return form.overrides(words_of(command, values), error.findings, channel, str(reason))
    return None


def stopping(desk: Desk, command: Command, run: Run | None, channel: str) -> View:
    """Ask for the reason of stopping this run, or everything, beside what that leaves down now. Reads the store."""

    def work(tx: Tx) -> tuple[Impact, ...]:
        if run is None:
            return in_the_middle(tx)
        impact = impact_of(run, observations.latest(tx, run.application), tx.now())
        return (impact,) if impact is not None else ()

    words = [*command.name.split(), *([run.id] if run is not None else [])]
    return stop.stop(command.name, words, desk.services.store.read(work), channel)


def _stopping(desk: Desk, command: Command, known: Mapping[str, Value], channel: str) -> View | None:
    """None where several runs could be meant."""
    if all(param.kind is not Kind.RUN for param in command.params):
        return stopping(desk, command, None, channel)

    def work(tx: Tx) -> tuple[Run, ...]:
        return (find(tx, str(known["run"])),) if "run" in known else runs.unfinished(tx)

    meant = desk.services.store.read(work)
    return stopping(desk, command, meant[0], channel) if len(meant) == 1 else None


def _lacks_run(command: Command, known: Mapping[str, Value], choices: Choices) -> bool:
    """Whether something is to be done to a run and there is none: said before a reason is typed in vain."""
    wanted = any(param.kind is Kind.RUN for param in command.params)
    return wanted and "run" not in known and not choices[Kind.RUN]


def _confirmation(desk: Desk, words: str | list[str], error: ConfirmationError, channel: str) -> View:
    """What was typed, asked again beside what is down; the run that was meant is named, whichever runs come and go."""
    command, values = _typed(desk, words)
    reason = str(values.pop("reason", ""))
    if "run" in {param.name for param in command.params} and error.impacts:
        values["run"] = error.impacts[0].run
    return stop.stop(command.name, words_of(command, values), error.impacts, channel, reason)


def _typed(desk: Desk, words: str | list[str]) -> tuple[Command, dict[str, Value]]:
    parsed = parse(words, prefix="/dr", json_allowed=False)
    return parsed.command, dict(bind(parsed, desk.topology).values)


def _may_override(words: str | list[str], desk: Desk) -> bool:
    """A request names its overrides when it is opened; a plan is only shown, and a renewal keeps what was named."""
    command = _typed(desk, words)[0]
    return command.operation and "override" in {param.name for param in command.params}


def _choices(desk: Desk, command: Command) -> Choices:
    """What exists, for the form's menus; of runs only the unfinished ones where something is done to them."""
    applications = desk.topology.applications
    regions = sorted({region for application in applications.values() for region in application.regions})

    def work(tx: Tx) -> tuple[list[str], list[str]]:
        known = runs.unfinished(tx) if command.operation else runs.recent(tx, 50)
        return [one.id for one in requests.recent(tx, 50)], [one.id for one in known]

    known_requests, known_runs = desk.services.store.read(work)
    return {
        Kind.REGION: regions,
        Kind.APPLICATION: list(applications),
        Kind.REQUEST: known_requests,
        Kind.RUN: known_runs,
    }


def _json(known: Mapping[str, Value]) -> dict[str, JsonValue]:
    return {name: list[JsonValue](value) if isinstance(value, tuple) else value for name, value in known.items()}
