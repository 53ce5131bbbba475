"""`dr deploy validate`: whether what was deployed works: who we are, alarms, health, replication, and a drill on paper.

It looks with the same eyes as the bot: one pass of observation over each application, and the exercises of a tabletop
drill, of which nothing is recorded; they need the bot's store.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from dr_core import bootstrap
from dr_core.approvals.whereabouts import locate
from dr_core.doctor.reach import reach
from dr_core.doctor.result import Check, CheckState
from dr_core.drills.model import Exercise, Result
from dr_core.drills.tabletop import on_paper
from dr_core.errors import DrError
from dr_core.observation.model import Observation, SignalState
from dr_core.observation.watch import Watch
from dr_core.replication.exposure import StoreExposure, store_exposures
from dr_core.services import Services
from dr_core.store.engine import Tx
from infra.deploying.alarm_states import alarms
from infra.deploying.cloudformation import Standing
from infra.deploying.model import ValidationReport, nothing_failed
from infra.deploying.site import Site

_SIGNAL = {SignalState.OK: CheckState.OK, SignalState.BAD: CheckState.FAILED, SignalState.UNKNOWN: CheckState.UNKNOWN}
_STORE = {"ok": CheckState.OK, "over": CheckState.FAILED, "stale": CheckState.UNKNOWN, "unknown": CheckState.UNKNOWN}
_PAPER = {Result.PASSED: CheckState.OK, Result.FAILED: CheckState.FAILED, Result.UNKNOWN: CheckState.UNKNOWN}


def validate(site: Site) -> ValidationReport:
    """Every line says what was seen, and the way out where it is not well."""
    bundle = bootstrap.services(site.settings)
    try:
        checks = [
            *stacks(site), *reach(bundle, identity_only=True), *alarms(site), *_observed(site, bundle),
            *_drilled(site, bundle),
        ]  # fmt: skip
    finally:
        bundle.store.dispose()
        bundle.aws.close()
    return validation(site.clock.now(), checks)


def validation(at: datetime, checks: Sequence[Check]) -> ValidationReport:
    """Pure."""
    unknown = sum(one.state is CheckState.UNKNOWN for one in checks)
    return ValidationReport(at=at, ok=nothing_failed(checks), unknown=unknown, checks=tuple(checks))


def stacks(site: Site) -> Iterator[Check]:
    """Each stack of the templates, by its status."""
    standing = site.standing()
    for stack in site.assembly.stacks.values():
        yield stack_check(stack.name, standing.get(stack.name))


def stack_check(name: str, found: Standing | None) -> Check:
    """Pure."""
    title = f"stack {name}"
    if found is None:
        return Check(name=title, state=CheckState.FAILED, detail="it does not stand", way_out="`dr deploy apply`")
    if found.moving:
        return Check(name=title, state=CheckState.WARNING, detail=found.status, way_out="Wait until it is done.")
    if found.failed and not found.broken:
        told = f"{found.status}: its last change was undone, what stood before stands"
        way_out = "`dr deploy plan` says whether anything differs from the templates."
        return Check(name=title, state=CheckState.WARNING, detail=told, way_out=way_out)
    if found.failed:
        told = f"{found.status}: {found.reason}" if found.reason else found.status
        return Check(name=title, state=CheckState.FAILED, detail=told, way_out="`dr deploy apply` names what failed.")
    return Check(name=title, state=CheckState.OK, detail=found.status)


def _observed(site: Site, bundle: Services) -> Iterator[Check]:
    watch = Watch(bundle.topology, bundle.aws, bundle.settings, bundle.clock, bootstrap.ports(bundle))
    try:
        for name in site.config.applications:
            site.tell(f"looking at {name} ...")
            seen = watch.observe(name, None)
            yield from signals(name, seen)
            now, interval = bundle.clock.now(), bundle.topology.detection.interval
            yield from (store_check(name, store) for store in store_exposures(seen, now, interval))
    finally:
        watch.close()


def signals(name: str, seen: Observation) -> Iterator[Check]:
    """Probes, health checks and the services themselves, in each region. Pure."""
    for one in seen.signals:
        state = _SIGNAL[one.state]
        way_out = "" if state is CheckState.OK else f"Look at {one.component} in {one.region}: {one.source}."
        title = f"{name} {one.region} {one.component}"
        yield Check(name=title, state=state, detail=f"{one.name}: {one.detail}", way_out=way_out)


def store_check(name: str, store: StoreExposure) -> Check:
    """Whether a store's replication has begun and keeps up. Pure."""
    state = _STORE[store.verdict]
    seconds = store.exposure_seconds
    told = f"{seconds:.3g} s behind" if seconds is not None else store.reason or store.verdict
    way_out = "" if state is CheckState.OK else "A first copy may take hours: look again. docs/replication.md."
    title, which = f"{name} {store.region} replication", f"{store.kind} {store.name}"
    return Check(name=title, state=state, detail=f"{which}: {told}", way_out=way_out)


def _drilled(site: Site, bundle: Services) -> Iterator[Check]:
    for name in site.config.applications:
        site.tell(f"a drill of {name} on paper ...")
        try:
            found = bundle.store.read(partial(_exercises, services=bundle, name=name))
        except DrError as error:
            way_out = "Exercises are judged by what the store holds: DATABASE_URL (docs/hosting.md, A terminal)."
            yield Check(name=f"{name} drill", state=CheckState.UNKNOWN, detail=error.message, way_out=way_out)
            continue
        yield from (exercise_check(name, one) for one in found)


def _exercises(tx: Tx, services: Services, name: str) -> tuple[Exercise, ...]:
    source = locate(tx, services.topology, name).region or services.topology.applications[name].primary
    return on_paper(tx, services, name, source)


def exercise_check(name: str, one: Exercise) -> Check:
    """Pure."""
    state = _PAPER.get(one.result, CheckState.UNKNOWN) if one.result is not None else CheckState.UNKNOWN
    way_out = "" if state is CheckState.OK else f"`dr plan` and `dr readiness {name}` show more."
    return Check(name=f"{name} drill", state=state, detail=f"{one.name}: {one.detail}", way_out=way_out)
