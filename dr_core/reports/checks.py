"""The doctor's examination: configuration, store, clock, quorum, processes, AWS in each region, observations."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from dr_core.aws.faults import aws_errors
from dr_core.aws.session import Purpose
from dr_core.errors import DrError
from dr_core.reports.doctor import Check, CheckState, DoctorReport
from dr_core.reports.installation import checks_of
from dr_core.reports.processes import ALIVE
from dr_core.reports.standing import look, not_observed
from dr_core.services import Services
from dr_core.store import migrate, replicas
from dr_core.store.engine import Tx
from dr_core.topology.check import check_topology
from dr_core.topology.model import Account

_CLOCK_S = 2.0
_CONNECT_S, _ANSWER_S = 1.0, 2.0


def examine(services: Services, face_checks: tuple[Check, ...] = ()) -> DoctorReport:
    """Look at everything; a check that cannot be carried out is a finding of its own, never a failure of the doctor."""
    now = services.clock.now()
    checks = [configuration(services), *_store(services, now)]
    if checks[-1].state is not CheckState.FAILED:
        checks += services.store.read(lambda tx: (*checks_of(tx, services, now), *_observed(tx, services, now)))
        checks += face_checks or services.store.read(lambda tx: told_by_bot(replicas.all(tx), now))
    checks += [ack_key(services), *_aws(services)]
    ok = all(check.state is not CheckState.FAILED for check in checks)
    return DoctorReport(at=now, ok=ok, checks=tuple(checks))


def configuration(services: Services) -> Check:
    """The file was valid when it was loaded; what is only warned of is repeated here."""
    warnings = check_topology(services.topology)
    name = str(services.settings.config)
    applications = ", ".join(services.topology.applications)
    if not warnings:
        return Check(name="configuration", state=CheckState.OK, detail=f"{name} is valid: {applications}")
    first = warnings[0]
    more = f" (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
    return Check(
        name="configuration",
        state=CheckState.WARNING,
        detail=f"{name} is valid, but {first.path}: {first.message}{more}",
        way_out=f"{first.hint or 'Change it'}; `dr config check` shows all with their lines.",
    )


def _store(services: Services, now: datetime) -> list[Check]:
    try:
        there = services.store.read(Tx.now)
        found, expected = migrate.current_revision(services.settings.database_url), migrate.head_revision()
    except DrError as error:
        way_out = error.hint or "Check DATABASE_URL, and that the database can be reached."
        return [Check(name="store", state=CheckState.FAILED, detail=error.message, way_out=way_out)]
    return [clock(there, now), revision(found, expected)]


def clock(there: datetime, here: datetime) -> Check:
    """The database's clock decides about expiry and leases; ours about ages."""
    apart = abs((there - here).total_seconds())
    detail = f"the database's clock and ours are {apart:.1f} s apart"
    if apart > _CLOCK_S:
        way_out = "Synchronise both with NTP: shown ages are wrong by this much."
        return Check(name="clock", state=CheckState.WARNING, detail=detail, way_out=way_out)
    return Check(name="clock", state=CheckState.OK, detail=detail)


def revision(found: str | None, expected: str) -> Check:
    """Whether the tables are those that this code was written for."""
    if found == expected:
        return Check(name="store", state=CheckState.OK, detail=f"reachable, revision {found}")
    if migrate.serves(found):
        detail = f"reachable, revision {found}, made by a newer version than this one ({expected})"
        return Check(name="store", state=CheckState.OK, detail=detail)
    detail = f"its tables are at revision {found or 'none'}, this code expects {expected}"
    return Check(name="store", state=CheckState.FAILED, detail=detail, way_out="Run `dr db upgrade`.")


def ack_key(services: Services) -> Check:
    """The worker verifies acknowledgements with the public half of the bot's key."""
    path = services.settings.ack_public_key
    if path.is_file():
        return Check(name="ack key", state=CheckState.OK, detail=f"public key at {path}")
    detail = f"no public key at {path}: a worker here starts no run"
    way_out = "The bot writes it at its first start; DR_ACK_KEY must name the same file for bot and worker."
    return Check(name="ack key", state=CheckState.WARNING, detail=detail, way_out=way_out)


def told_by_bot(found: Iterable[replicas.Replica], now: datetime) -> tuple[Check, ...]:
    """Slack's checks as the bot last wrote them down, for a face that knows no Slack."""
    for replica in found:
        told = replica.state.get("checks")
        if replica.kind == "bot" and now - replica.beat_at <= ALIVE and isinstance(told, list):
            return tuple(Check.model_validate(check) for check in told)
    detail = "no bot that lives has told how it reaches Slack"
    return (Check(name="Slack", state=CheckState.UNKNOWN, detail=detail, way_out="Start `dr bot`, or ask in Slack."),)


def _observed(tx: Tx, services: Services, now: datetime) -> tuple[Check, ...]:
    checks = []
    for name in services.topology.applications:
        standing = look(tx, services.topology, name, now)
        if standing.fresh and standing.observation is not None:
            detail = f"{standing.age_s:.0f} s ago, a pass takes {standing.observation.duration_s:.1f} s"
            checks.append(Check(name=f"observed {name}", state=CheckState.OK, detail=detail))
        else:
            detail = not_observed(standing.observation, standing.age_s)
            way_out = "Start `dr worker`, and look at its log."
            checks.append(Check(name=f"observed {name}", state=CheckState.FAILED, detail=detail, way_out=way_out))
    return tuple(checks)


def _aws(services: Services) -> list[Check]:
    """Ask every region, with every role, who we are; all at once, each within seconds."""
    topology = services.topology
    home = [(topology.control_region, None)]
    pairs = home + [(region, app.account) for app in topology.applications.values() for region in app.regions]
    distinct = list(dict.fromkeys(pairs))
    with ThreadPoolExecutor(max_workers=min(16, len(distinct))) as pool:
        return list(pool.map(lambda pair: _identity(services, *pair), distinct))


def _identity(services: Services, region: str, role: Account | None) -> Check:
    name = f"AWS {region}" + (f" as {role.role_arn.rpartition('/')[2]}" if role else "")
    started = services.clock.monotonic()
    try:
        client = services.aws.client(
            "sts",
            region,
            purpose=Purpose.OBSERVE,
            role=role,
            connect_timeout_s=_CONNECT_S,
            read_timeout_s=_ANSWER_S,
            max_attempts=1,
        )
        with aws_errors("sts", region, "GetCallerIdentity"):
            arn = client.get_caller_identity()["Arn"]
    except DrError as error:
        way_out = error.hint or "Check credentials and network; in an outage of the region this is the outage."
        return Check(name=name, state=CheckState.FAILED, detail=error.message, way_out=way_out)
    took_ms = 1000 * (services.clock.monotonic() - started)
    return Check(name=name, state=CheckState.OK, detail=f"answered in {took_ms:.0f} ms as {arn}")
