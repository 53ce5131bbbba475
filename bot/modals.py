"""Sent modals. A decision is committed before the acknowledgement, so that it is not lost; the rest follows."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot import delivery
from bot.asking import carry_out, show
from bot.delivery import Delivery
from bot.desk import Desk
from bot.errors import guarded, message_for
from bot.slack import quietly
from bot.views import decide, evacuation, form, release, standstill, stop
from bot.views.message import lines, message
from commands.context import Outcome
from commands.parsing import Value, parse, words_of
from commands.registry import Kind, registry
from dr_core.approvals.ack import review
from dr_core.approvals.model import RequestState
from dr_core.errors import DrError, UsageError
from dr_core.evacuation import deciding
from dr_core.evacuation.model import is_evacuation
from dr_core.execution.model import RunState
from dr_core.reports.evacuation import EvacuationView
from dr_core.reports.model import RequestView, RunView
from dr_core.reports.run import run_view

Ack = Callable[..., Awaitable[Any]]
CALLBACKS = (decide.APPROVE, decide.DENY, form.FORM, form.OVERRIDES, stop.STOP, release.CONFIRM)


async def submitted(desk: Desk, body: delivery.Body, ack: Ack) -> None:
    """One sent modal; `ack` is called exactly once."""
    view = body["view"]
    about: dict[str, Any] = json.loads(view.get("private_metadata") or "{}")
    came = delivery.submission(body, str(about.get("channel") or "") or None)
    values = _values(view)
    if view["callback_id"] == decide.APPROVE:
        await _approve(desk, came, about, values.get(decide.TYPED), ack)
    elif view["callback_id"] == decide.DENY:
        await _deny(desk, came, about, str(values.get(decide.REASON) or ""), ack)
    else:
        await ack()
        words = _WORDS[view["callback_id"]]
        # The words are made inside: a form of another version is told, too.
        desk.later(guarded(desk, came, lambda: carry_out(desk, came, words(about, values))))


async def _approve(desk: Desk, came: Delivery, about: Mapping[str, Any], typed: object, ack: Ack) -> None:
    request, round_ = str(about["request"]), int(about["round"])
    text = str(typed or "").strip()
    only = [str(one) for one in about.get("only") or ()]
    words = ["approve", request, f"--round={round_}", *([f"--accept-loss={text}"] if text else [])]
    words += [f"--only={one}" for one in only]

    async def wrong() -> str | None:
        """What is wrong with the typed text; told in the view, which stays open."""
        wanted = await asyncio.to_thread(_must_type, desk, came, request, round_, only)
        return None if wanted is None or text.lower() == wanted.lower() else f"Type exactly: {wanted}"

    await _decide(desk, came, words, ack, wrong=wrong, block=decide.TYPED)


def _must_type(desk: Desk, came: Delivery, named: str, round_: int, only: Sequence[str]) -> str | None:
    """The exact text, for a request or for all of an evacuation; raises what the approval would raise."""
    actor = desk.actor(came)
    if is_evacuation(named):
        return deciding.review(desk.services, named, actor, round_, only).must_type
    return review(desk.services, named, actor, round_).must_type


async def _deny(desk: Desk, came: Delivery, about: Mapping[str, Any], reason: str, ack: Ack) -> None:
    async def wrong() -> str | None:
        return None if reason.strip() else "A denial needs a reason."

    words = ["deny", str(about["request"]), f"--round={int(about['round'])}", f"--reason={reason.strip()}"]
    await _decide(desk, came, words, ack, wrong=wrong, block=decide.REASON)


async def _decide(
    desk: Desk, came: Delivery, words: list[str], ack: Ack, *, wrong: Callable[[], Awaitable[str | None]], block: str
) -> None:
    """Commit, then acknowledge, then tell; a wrong text is told inside the view and nothing is changed."""
    desk.metrics.deliveries.labels(came.kind).inc()
    looked = False
    came = await desk.meet(came)
    try:
        said = await wrong()
        looked = True
        if said is not None:
            await ack(response_action="errors", errors={block: said})
            return
        outcome = await desk.run(came, words)
    except Exception as error:  # the border to Slack: the person is told, with an id to quote where it is ours
        await ack()
        desk.later(_tell_problem(desk, came, error, unrecorded=not looked))
        return
    await ack()
    desk.later(guarded(desk, came, lambda: _decided(desk, came, outcome)))


async def _tell_problem(desk: Desk, came: Delivery, error: Exception, *, unrecorded: bool) -> None:
    """What dispatch refused stands in the trail already; what was refused before it is recorded here."""
    if unrecorded and isinstance(error, DrError):
        await quietly(desk.refused(came, f"{came.evidence.get('callback', 'view')} (modal)", error))
    await quietly(desk.tell(came, message_for(error, came, desk)))


async def _decided(desk: Desk, came: Delivery, outcome: Outcome) -> None:
    if outcome.command == "approve" and isinstance(outcome.result, EvacuationView):
        told = evacuation.recorded(outcome.result)
        await desk.tell(came, message(told, lines([told])))
        return
    if outcome.command != "approve" or not isinstance(outcome.result, RequestView):
        await show(desk, came, outcome)
        return
    named = outcome.result.run
    run = await _run_of(desk, named) if named else None
    told = f"Your approval is recorded, {_what_follows(outcome.result, run)}"
    await desk.tell(came, message(told, lines([told])))


async def _run_of(desk: Desk, named: str) -> RunView | None:
    """None where it cannot be read just now: the approval stands, and is told all the same."""
    try:
        return await asyncio.to_thread(run_view, desk.services, named)
    except DrError:
        return None


def _what_follows(request: RequestView, run: RunView | None) -> str:
    """No run is promised that the brake, a hold or the order of an evacuation keeps from starting."""
    if request.missing:
        return f"{request.missing} more needed."
    if run is None or RunState(run.state).finished:
        then = f"; it waits for its turn in {request.evacuation}." if request.state == RequestState.QUEUED else "."
        return f"the quorum is complete{then}"
    state = standstill.word(run)
    if state in (RunState.PENDING, RunState.RUNNING):
        return f"the quorum is complete and the run {'goes on' if run.started_at else 'starts'}."
    return f"the quorum is complete, but the run is {state}: its card in the incident channel tells why."


def _form_words(about: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    command = registry().get(str(about.get("command")))
    if command is None:
        raise UsageError("That form is from another version; type the command again.")
    chosen: dict[str, Value] = {}
    for param in command.params:
        value = values.get(param.name, (about.get("known") or {}).get(param.name))
        if param.kind is Kind.FLAG:
            chosen[param.name] = value is True or value == "forced"
        elif value:
            chosen[param.name] = tuple(value) if isinstance(value, list) else str(value)
    return words_of(command, chosen)


def _override_words(about: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    words = [str(word) for word in about.get("words", [])]
    for name, value in values.items():
        if name.startswith("override") and isinstance(value, list):
            words += [f"--override={code}" for code in value]
    reason = str(values.get("reason") or "").strip()
    parsed = parse(words, prefix="/dr", json_allowed=False)
    return [*words, f"--reason={reason}"] if reason and "reason" in {p.name for p in parsed.command.params} else words


def _stop_words(about: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    reason = str(values.get(stop.REASON) or "").strip()
    return [*(str(word) for word in about.get("words", [])), *([f"--reason={reason}"] if reason else [])]


def _confirmed_words(about: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    return [str(word) for word in about.get("words", [])]


_WORDS = {
    form.FORM: _form_words,
    form.OVERRIDES: _override_words,
    stop.STOP: _stop_words,
    release.CONFIRM: _confirmed_words,
}


def _values(view: Mapping[str, Any]) -> dict[str, Any]:
    """block id -> what was typed or chosen (text, an option's value, or several)."""
    found: dict[str, Any] = {}
    for block, actions in ((view.get("state") or {}).get("values") or {}).items():
        for value in actions.values():
            if "selected_options" in value:
                found[block] = [option["value"] for option in value["selected_options"] or []]
            elif "selected_option" in value:
                found[block] = (value["selected_option"] or {}).get("value")
            else:
                found[block] = value.get("value")
    return found
