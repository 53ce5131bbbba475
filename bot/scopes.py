"""Which scopes the bot needs, by its own manifest, against those that Slack says its token holds."""

from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from dr_core.doctor.result import Check, CheckState

_WAY_OUT = "Add them under OAuth & Permissions and install the app again; bot/slack_manifest.yaml lists all."


@cache
def needed() -> frozenset[str]:
    """The bot scopes of `slack_manifest.yaml`."""
    manifest = YAML(typ="safe").load(files("bot").joinpath("slack_manifest.yaml").read_text(encoding="utf-8"))
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])


def check(held: frozenset[str] | None) -> Check:
    """`held` as the last answer of Slack told it; None before the first."""
    if held is None:
        return Check(name="Slack scopes", state=CheckState.UNKNOWN, detail="Slack has not told them yet")
    missing = sorted(needed() - held)
    if missing:
        detail = f"the token lacks {', '.join(missing)}"
        return Check(name="Slack scopes", state=CheckState.FAILED, detail=detail, way_out=_WAY_OUT)
    return Check(name="Slack scopes", state=CheckState.OK, detail=f"all {len(needed())} that are needed")
