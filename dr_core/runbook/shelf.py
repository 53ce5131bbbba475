"""All pages of one application: every way from one region to another, planned and forced, and an index. Pure."""

import hashlib
from dataclasses import dataclass
from itertools import permutations

from dr_core.plan.checks.case import Case
from dr_core.plan.checks.support import findings
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Plan
from dr_core.runbook.paper import Seen, page, way
from dr_core.topology.model import Application, Topology


@dataclass(frozen=True)
class Page:
    """`path` is relative to where the runbook is kept."""

    path: str
    text: str


@dataclass(frozen=True)
class Shelf:
    application: str
    pages: tuple[Page, ...]


_EVERY_REGION = (
    "Every region serves. Take the page that leads away from the region that is to be left; the forced one asks more "
    "people. The page that brings users back is for afterwards."
)


def shelf(topology: Topology, application: str, seen: Seen) -> Shelf:
    """One page for each mode and each pair of regions: roles may have changed since it was written."""
    app = topology.applications[application]
    plans = _plans(topology, application)
    pages = [Page(_path(plan), page(app, plan, findings(Case(topology, plan, None, seen.at)), seen)) for plan in plans]
    return Shelf(application, (Page(f"{application}/README.md", _index(topology, application, plans, seen)), *pages))


def digest(topology: Topology, application: str) -> str:
    """SHA-256 (hex) of what all pages would do, whenever they were written."""
    return hashlib.sha256("\n".join(plan.digest() for plan in _plans(topology, application)).encode()).hexdigest()


def _plans(topology: Topology, application: str) -> list[Plan]:
    app = topology.applications[application]
    plans = [
        build(topology, application, source=source, target=target, mode=mode)
        for source, target in permutations(app.regions, 2)
        for mode in (Mode.FORCED, Mode.PLANNED)
    ]
    if app.active_active:
        plans += [_return(topology, application, target) for target in app.regions]
    return plans


def _return(topology: Topology, application: str, target: str) -> Plan:
    """Users are brought back to `target`; which of the others serves meanwhile is the same to it."""
    other = next(region for region in topology.applications[application].regions if region != target)
    return build(topology, application, source=other, target=target, mode=Mode.PLANNED, returning=True)


def _path(plan: Plan) -> str:
    name = f"return-to-{plan.target}" if plan.returning else f"{plan.mode.value}-{plan.source}-to-{plan.target}"
    return f"{plan.application}/{name}.md"


def _index(topology: Topology, application: str, plans: list[Plan], seen: Seen) -> str:
    """Where it lives, and which page leads away from there, first."""
    app = topology.applications[application]
    leaving = [plan for plan in plans if plan.source == (seen.active or app.primary)]
    others = [plan for plan in plans if plan not in leaving]
    lines = [
        f"# {application}: failover by hand",
        f"Written {seen.at:%Y-%m-%d %H:%M:%S} UTC by dr-bot {seen.version}. "
        f"It lived in {seen.active or 'an unknown region'} then ({seen.active_reason}).",
        "Take the forced page when the region it lives in is gone or unusable, the planned one when both are healthy.",
    ]
    if app.depends_on:
        lines.append(f"It needs {', '.join(app.depends_on)}: move those first.")
    if app.active_active:
        return "\n\n".join((*lines[:1], _EVERY_REGION, _links(app, "## Pages", plans))) + "\n"
    lines += [
        _links(app, "## From where it lived", leaving),
        _links(app, "## From elsewhere", others) if others else "",
    ]
    return "\n\n".join(line for line in lines if line) + "\n"


def _links(app: Application, title: str, plans: list[Plan]) -> str:
    rows = (f"- [{way(app, plan)}]({_path(plan).partition('/')[2]})" for plan in plans)
    return f"{title}\n\n" + "\n".join(rows)
