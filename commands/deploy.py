"""`dr deploy ...`: the infrastructure, built from `dr.yaml` by the CDK CLI. The way it goes is told on stderr."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from commands.parsing import Arguments
from commands.rendering.deploy import plan as plan_lines
from commands.rendering.deploy_report import markdown_of
from dr_core.errors import ConfigError, UsageError
from dr_core.reports.listing import Message, Page
from dr_core.settings import read_settings
from infra.deploying.applying import apply as applied
from infra.deploying.checking import check as checked
from infra.deploying.model import (
    ApplyReport,
    CheckReport,
    DeployPlan,
    DeployReport,
    SizesReport,
    SyncReport,
    ValidationReport,
)  # fmt: skip
from infra.deploying.planning import plan as planned
from infra.deploying.planning import sizes
from infra.deploying.reporting import report as reported
from infra.deploying.site import open_site
from infra.deploying.syncing import sync as synced
from infra.deploying.validating import validate as validated

_PAUSE_S = 5.0
STEPS = (
    "dr deploy check              what is needed: tools, credentials, bootstrap, quotas, freeze",
    "dr deploy plan [--sizes]     what would change and be lost, what people do, what it costs",
    "dr deploy apply              builds it; called again it goes on where it ended",
    "dr deploy sync --write       ids that AWS assigned into dr.yaml; what a standby lacks",
    "dr deploy apply              once more: what names these ids is built with them",
    "dr deploy validate           health, replication, alarms, roles, and a drill on paper",
    "dr deploy report --out FILE  what stands, since when, by whom, and what it costs",
)


def explain(_arguments: Arguments) -> Message:
    """What comes after what."""
    return Message(
        text="The infrastructure is built from dr.yaml (`deployment`), in this order:",
        lines=(*STEPS, "docs/deployment.md tells the whole of it, `dr help deploy apply` one of them."),
    )


def check(_arguments: Arguments) -> CheckReport:
    with open_site(read_settings(), _tell, _pause) as site:
        return checked(site)


def plan(arguments: Arguments) -> DeployPlan | SizesReport:
    with open_site(read_settings(), _tell, _pause) as site:
        return sizes(site) if arguments.flag("sizes") else planned(site, arguments.many("only"))


def apply(arguments: Arguments) -> ApplyReport:
    """UsageError where nobody could be asked and none said yes."""
    confirm = _agreed if arguments.flag("yes") else _asked()
    with open_site(read_settings(), _tell, _pause) as site:
        return applied(
            site, only=arguments.many("only"), allowed=arguments.many("allow_destructive"),
            confirm=lambda made: confirm(made, site.config.deployment.name),
        )  # fmt: skip


def sync(arguments: Arguments) -> SyncReport:
    with open_site(read_settings(), _tell, _pause) as site:
        return synced(site, write=arguments.flag("write"))


def validate(_arguments: Arguments) -> ValidationReport:
    with open_site(read_settings(), _tell, _pause) as site:
        return validated(site)


def report(arguments: Arguments) -> DeployReport | Page | Message:
    """As it is, or as a file."""
    form, out = arguments.text("format"), arguments.text("out")
    if form not in (None, "md", "json"):
        raise UsageError(f"`--format` is one of md, json, not `{form}`.")
    with open_site(read_settings(), _tell, _pause) as site:
        made = reported(site, drift=arguments.flag("drift"))
    if form is None and out is None:
        return made
    as_json = form == "json" or (form is None and str(out).endswith(".json"))
    text = made.model_dump_json(by_alias=True, indent=2) + "\n" if as_json else markdown_of(made)
    return Page(text=text) if out is None else _written(Path(out), text)


def _written(path: Path, text: str) -> Message:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}.") from error
    return Message(text=f"The report stands in {path}.", path=str(path))


def _asked() -> Callable[[DeployPlan, str], bool]:
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask in.", hint="Look at `dr deploy plan`, then give --yes.")
    return _ask


def _ask(made: DeployPlan, name: str) -> bool:
    """The plan, and the deployment's name typed once more."""
    for line in plan_lines(made, made.at):
        _tell(line)
    print(f"Type {name} to have it built: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == name


def _agreed(_made: DeployPlan, _name: str) -> bool:
    return True


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _pause() -> None:
    time.sleep(_PAUSE_S)
