"""Everything that the parts of the local Slack share, in one bundle."""

from dataclasses import dataclass, field

from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.faults import SlackFaults
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.workspace import Workspace
from dr_core.clock import Clock


@dataclass(frozen=True)
class Tokens:
    """The tokens that this workspace issued."""

    bot: str = "xoxb-sandbox-bot"
    app: str = "xapp-sandbox-app"


@dataclass(frozen=True)
class Desk:
    """The workspace with its views, gestures, deliveries and faults; `base_url` ends without a slash."""

    base_url: str
    manifest: Manifest
    workspace: Workspace
    views: Views
    gestures: Gestures
    delivery: Delivery
    faults: SlackFaults
    clock: Clock
    tokens: Tokens = field(default_factory=Tokens)

    @property
    def api_url(self) -> str:
        """What the bot gets as `SLACK_API_URL`."""
        return f"{self.base_url}/slack/api/"

    @property
    def socket_url(self) -> str:
        """Where Socket Mode connects."""
        return f"ws{self.base_url.removeprefix('http')}/slack/socket"

    def hook_url(self, hook_id: str) -> str:
        """A response_url."""
        return f"{self.base_url}/slack/hooks/{hook_id}"
