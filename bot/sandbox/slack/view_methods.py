"""views.*: modals by trigger, their updates, and Home tabs."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.arguments import Arguments, missing
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import Json, View
from bot.sandbox.slack.refusal import SlackRefusalError
from bot.sandbox.slack.views import refuse_wrong


def _body(arguments: Arguments) -> Json:
    body: Any = arguments.structure("view")
    if body is None:
        raise missing("view")
    if not isinstance(body, dict):
        raise SlackRefusalError("invalid_arguments", ["[ERROR] must be an object [json-pointer:/view]"])
    return body


def _shown(desk: Desk, arguments: Arguments, show: Callable[[str, Json], View]) -> Json:
    """A new modal for whoever did what the trigger id stands for; a view that is refused does not use it up."""
    body, trigger = _body(arguments), arguments.required("trigger_id")
    refuse_wrong(body, "modal")
    gesture = desk.gestures.redeem(trigger)
    view = show(gesture.user, body)
    gesture.opened(view)
    return {"view": view.as_json()}


def open_view(desk: Desk, arguments: Arguments) -> Json:
    """views.open."""
    return _shown(desk, arguments, desk.views.open)


def push_view(desk: Desk, arguments: Arguments) -> Json:
    """views.push, from an action in a modal."""
    return _shown(desk, arguments, desk.views.push)


def update_view(desk: Desk, arguments: Arguments) -> Json:
    """views.update by view_id."""
    view = desk.views.find(arguments.required("view_id"))
    return {"view": desk.views.update(view, _body(arguments), known_hash=arguments.text("hash")).as_json()}


def publish_view(desk: Desk, arguments: Arguments) -> Json:
    """views.publish."""
    user, body = arguments.required("user_id"), _body(arguments)
    return {"view": desk.views.publish(user, body, known_hash=arguments.text("hash")).as_json()}


METHODS = {
    "views.open": Method(open_view),
    "views.push": Method(push_view),
    "views.update": Method(update_view),
    "views.publish": Method(publish_view),
}
