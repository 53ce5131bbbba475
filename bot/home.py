"""App Home: drawn for a person when they open it."""

from bot import delivery
from bot.delivery import Delivery
from bot.desk import Desk
from bot.errors import message_for
from bot.slack import quietly
from bot.views import home
from bot.views.modal import View
from dr_core.errors import DrError
from dr_core.reports.model import StatusReport


async def opened(desk: Desk, body: delivery.Body) -> None:
    """`app_home_opened`."""
    if body["event"].get("tab", "home") != "home":
        return
    came = delivery.event(body)
    desk.metrics.deliveries.labels(came.kind).inc()
    await quietly(desk.slack.publish_home(came.user, await _view(desk, came)))


async def _view(desk: Desk, came: Delivery) -> View:
    try:
        outcome = await desk.run(came, ["status"])
    except DrError as error:
        return home.unavailable(message_for(error, came, desk).text)
    assert isinstance(outcome.result, StatusReport)
    return home.home(outcome.result)
