"""The app manifest: which scopes the bot holds and which slash commands exist."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


@dataclass(frozen=True)
class SlashCommand:
    """One entry of `features.slash_commands`."""

    command: str
    should_escape: bool


@dataclass(frozen=True)
class Manifest:
    """What of the manifest changes Slack's behaviour."""

    name: str
    bot_scopes: frozenset[str]
    app_scopes: frozenset[str]
    commands: tuple[SlashCommand, ...]
    bot_events: frozenset[str]

    def command(self, word: str) -> SlashCommand | None:
        """The slash command with this word."""
        return next((one for one in self.commands if one.command == word), None)


def read_manifest(path: Path) -> Manifest:
    """The manifest file; KeyError when a part that Slack requires is missing."""
    body: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    slash = body["features"].get("slash_commands", [])
    return Manifest(
        name=body["features"]["bot_user"]["display_name"],
        bot_scopes=frozenset(body["oauth_config"]["scopes"]["bot"]),
        app_scopes=frozenset({"connections:write"}),
        commands=tuple(SlashCommand(one["command"], bool(one.get("should_escape"))) for one in slash),
        bot_events=frozenset(body["settings"].get("event_subscriptions", {}).get("bot_events", [])),
    )
