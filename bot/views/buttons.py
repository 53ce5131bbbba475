"""Which buttons a card has: only those that somebody can use in its present state."""

from collections.abc import Mapping

from bot.views import message as m
from bot.views.text import one_line
from commands.rendering.words import move
from dr_core.approvals.model import RequestState
from dr_core.execution.model import HoldKind, RunState
from dr_core.reports.model import RequestView, RunView

_MORE = "\N{HORIZONTAL ELLIPSIS}"
RESUMABLE = (HoldKind.PAUSED, HoldKind.UNCERTAIN)


def buttons(request: RequestView, run: RunView | None, tokens: Mapping[str, str]) -> list[m.Block]:
    """The buttons, each with its opaque token; the value is empty where the round was given none."""
    under_way = run is not None and not RunState(run.state).finished
    made = _of_request(request, run, tokens)
    made += _of_run(request, run, tokens) if run is not None and under_way else []
    if made or under_way:
        made.append(_button("Details", "details", tokens, spoken=f"Details of the {_what(request)}"))
    return made


def _of_request(request: RequestView, run: RunView | None, tokens: Mapping[str, str]) -> list[m.Block]:
    what, state = _what(request), RequestState(request.state)
    if state is RequestState.OPEN:
        return [
            _button(f"Approve{_MORE}", "approve", tokens, spoken=f"Approve the {what}", style="primary"),
            _button(f"Deny{_MORE}", "deny", tokens, spoken=f"Deny the {what}", style="danger"),
            _button("Cancel", "cancel", tokens, spoken=f"Cancel the {what}", confirm=_cancel(request, run)),
        ]
    if state is RequestState.EXPIRED:
        return [_button("Renew", "renew", tokens, spoken=f"Renew the {what}", style="primary")]
    return []


def _of_run(request: RequestView, run: RunView, tokens: Mapping[str, str]) -> list[m.Block]:
    """Never Pause where nothing starts anyway, nor Resume where nothing is held."""
    if run.ending is not None:
        return []
    name, made = f"the run of {run.application}", []
    if any(HoldKind(hold.kind) in RESUMABLE for hold in run.holds):
        first = None if request.state in (RequestState.OPEN, RequestState.EXPIRED) else "primary"
        made.append(_button("Resume", "resume", tokens, spoken=f"Resume {name}", style=first, confirm=_resume(run)))
    elif not run.holds and run.braked_since is None:
        made.append(_button(f"Pause{_MORE}", "pause", tokens, spoken=f"Pause {name}"))
    if request.state != RequestState.OPEN:  # else Deny ends the run as well
        made.append(_button(f"Abort{_MORE}", "abort", tokens, spoken=f"Abort {name}", style="danger"))
    return made


def _what(request: RequestView) -> str:
    return f"{move(request)} of {request.application} to {request.target}"


def _button(
    label: str,
    action: str,
    tokens: Mapping[str, str],
    *,
    spoken: str,
    style: str | None = None,
    confirm: m.Block | None = None,
) -> m.Block:
    return m.button(label, action, tokens.get(action, ""), style=style, confirm=confirm, spoken=spoken)


def _cancel(request: RequestView, run: RunView | None) -> m.Block:
    if run is not None:
        text = f"This ends the {_what(request)}. Its run takes nothing away from anybody any more."
        return m.confirm("Cancel this failover?", text, "Cancel the failover", "Keep it")
    text = f"This withdraws the {_what(request)}. Nothing has been changed in AWS."
    return m.confirm("Cancel this request?", text, "Cancel the request", "Keep it")


def _resume(run: RunView) -> m.Block:
    if any(hold.kind == HoldKind.UNCERTAIN for hold in run.holds):
        text = "The bot looks at the uncertain step again and goes on from what it finds. Look at it in AWS first."
        return m.confirm("Look again and go on?", text, "Look again and go on", "Not yet")
    by = next((hold.by for hold in run.holds if hold.by), None)
    why = one_line(run.holds[0].reason, 160)
    paused = f"{one_line(by, 60)} paused it: {why}" if by else why
    return m.confirm("Let the run go on?", f"It goes on where it was. {paused}", "Go on", "Not yet")
