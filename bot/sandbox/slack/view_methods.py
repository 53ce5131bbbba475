"""views.*: modals by trigger, their updates, and Home tabs."""

from typing import Any

from bot.sandbox.slack.arguments import Arguments, missing
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import Json
from bot.sandbox.slack.refusal import SlackRefusalError
from bot.sandbox.slack.views import refuse_wrong


def _body(arguments: Arguments) -> Json:
    body: Any = arguments.structure("view")
    if body is None:
        raise missing("view")
    if not isinstance(body, dict):
        raise SlackRefusalError("invalid_arguments", ["[ERROR] must be an object [json-pointer:/view]"])
    return body


def _trigger(arguments: Arguments) -> str:
    return arguments.text("trigger_id") or arguments.required("interactivity_pointer")


def open_view(desk: Desk, arguments: Arguments) -> Json:
    """views.open. A view that would be refused does not use the trigger up."""
    body, trigger = _body(arguments), _trigger(arguments)
    refuse_wrong(body, "modal")
    gesture = desk.gestures.redeem(trigger)
    view = desk.views.open(gesture.user, body)
    gesture.opened(view)
    return {"view": view.as_json()}


def push_view(desk: Desk, arguments: Arguments) -> Json:
    """views.push, from an action in a modal."""
    body, trigger = _body(arguments), _trigger(arguments)
    refuse_wrong(body, "modal")
    gesture = desk.gestures.redeem(trigger)
    view = desk.views.push(gesture.user, body)
    gesture.opened(view)
    return {"view": view.as_json()}


def update_view(desk: Desk, arguments: Arguments) -> Json:
    """views.update by view_id or external_id."""
    view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
    if view_id is None and external_id is None:
        raise missing("view_id")
    view = desk.views.find(view_id, external_id)
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
