"""The doctor's examination: configuration, store, clock, quorum, processes, keys, AWS in each region, observations."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from dr_core.doctor import trial
from dr_core.doctor.agreement import agreement
from dr_core.doctor.installation import checks_of
from dr_core.doctor.processes import ALIVE
from dr_core.doctor.reach import reach
from dr_core.doctor.result import Check, CheckState, DoctorReport
from dr_core.errors import DrError
from dr_core.plan.step import Severity
from dr_core.readiness.examinations import permissions
from dr_core.readiness.model import Check as Finding
from dr_core.readiness.model import CheckState as Found
from dr_core.readiness.model import Sheet
from dr_core.services import Services
from dr_core.standing.look import look
from dr_core.standing.model import not_observed
from dr_core.store import migrate, readiness, replicas, told
from dr_core.store.engine import Tx
from dr_core.topology.check import check_topology

_CLOCK_S = 2.0
_PREFLIGHT_OLD = timedelta(hours=2)
_IDENTITY = "identity-unknown"
"""Who we are in each region: the checks of AWS below tell it fresher, and a dead region says nothing of permissions."""


def examine(services: Services, face_checks: tuple[Check, ...] = ()) -> DoctorReport:
    """Look at everything; a check that cannot be carried out is a finding of its own, never a failure of the doctor."""
    now = services.clock.now()
    checks = [configuration(services), *_store(services, now)]
    if checks[-1].state is not CheckState.FAILED:
        checks += services.store.read(lambda tx: _by_the_store(tx, services, now))
        checks += face_checks or services.store.read(lambda tx: told_by_bot(replicas.all(tx), now))
        checks += _signals(services, now)
    checks += [ack_key(services), *reach(services, identity_only=bool(face_checks))]
    ok = all(check.state is not CheckState.FAILED for check in checks)
    return DoctorReport(at=now, ok=ok, checks=tuple(checks))


def _signals(services: Services, now: datetime) -> list[Check]:
    """Whether alarms arrive, seen from where they are sent to where they are kept."""
    queue = services.topology.detection.queue
    found = [trial.queue_check(queue, services.store.read(told.ledger), now), trial.trial_check(services)]
    return [check for check in found if check is not None]


def _by_the_store(tx: Tx, services: Services, now: datetime) -> tuple[Check, ...]:
    return (
        *checks_of(tx, services, now),
        *agreement(replicas.all(tx), now),
        *told_by_workers(replicas.all(tx), now),
        *_observed(tx, services, now),
        *_permissions(tx, services, now),
    )


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


_REACH_OLD_S = 900.0
"""A worker looks every five minutes (dr_core/worker/reaching.py)."""


def told_by_workers(found: Iterable[replicas.Replica], now: datetime) -> tuple[Check, ...]:
    """What each worker that lives reaches of AWS: one line where all is well, else one for each thing that is not."""
    checks: list[Check] = []
    for replica in found:
        if replica.kind != "worker" or now - replica.beat_at > ALIVE:
            continue
        name, told = f"AWS from {replica.name}", replica.state.get("reach")
        if not isinstance(told, dict):
            detail, way_out = "it has not looked yet", "A worker looks within half a minute of its start: ask again."
            checks.append(Check(name=name, state=CheckState.UNKNOWN, detail=detail, way_out=way_out))
            continue
        age_s = (now - datetime.fromisoformat(str(told["at"]))).total_seconds()
        not_ok = told["not_ok"] if isinstance(told["not_ok"], list) else []
        bad = [Check.model_validate(check) for check in not_ok]
        if not bad and age_s > _REACH_OLD_S:
            detail, way_out = f"it has not looked for {age_s:.0f} s", "Look at the worker's log."
            checks.append(Check(name=name, state=CheckState.UNKNOWN, detail=detail, way_out=way_out))
        elif not bad:
            detail = f"{told['ok']} checks of regions, services and clock are ok, {age_s:.0f} s ago"
            checks.append(Check(name=name, state=CheckState.OK, detail=detail))
        for one in bad:
            detail = f"{one.detail} ({age_s:.0f} s ago)"
            checks.append(one.model_copy(update={"name": f"{one.name}, from {replica.name}", "detail": detail}))
    return tuple(checks)


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


def _permissions(tx: Tx, services: Services, now: datetime) -> tuple[Check, ...]:
    """What the last preflight of each application found, which is asked with the worker's own identity."""
    return tuple(permissions_check(name, readiness.get(tx, name), now) for name in services.topology.applications)


def permissions_check(application: str, sheet: Sheet | None, now: datetime) -> Check:
    """What a run may call, as IAM's simulation said; a simulation that could not be made is unknown."""
    name = f"permissions {application}"
    asked = [] if sheet is None else [check for check in sheet.checks if check.area == permissions.AREA]
    asked = [check for check in asked if check.code != _IDENTITY]
    if sheet is None or not asked:
        detail, way_out = "no preflight has asked for them yet", "Start `dr worker`: it asks within minutes."
        return Check(name=name, state=CheckState.UNKNOWN, detail=detail, way_out=way_out)
    age = f"simulated by IAM {(now - sheet.at).total_seconds() / 60:.0f} min ago"
    if now - sheet.at > _PREFLIGHT_OLD:
        way_out = "Start `dr worker`, and look at its log."
        return Check(name=name, state=CheckState.UNKNOWN, detail=f"last {age}, too long to count", way_out=way_out)
    findings = [check for check in asked if check.state is Found.FINDING]
    refused = [check for check in findings if check.severity is Severity.BLOCKING]
    if refused:
        return _refused(name, application, CheckState.FAILED, refused, age)
    unknown = [check for check in asked if check.state is Found.UNKNOWN]
    if unknown:
        besides = f"; refused, best effort: {findings[0].message}" if findings else ""
        detail = f"{unknown[0].message}{besides} ({age})"
        way_out = "Allow iam:SimulatePrincipalPolicy; until then only the harmless calls below tell."
        return Check(name=name, state=CheckState.UNKNOWN, detail=detail, way_out=unknown[0].way_out or way_out)
    allowed = next((check for check in asked if check.code == "permissions"), asked[-1])
    if findings:
        # What is best effort keeps no run from its work.
        return _refused(name, application, CheckState.WARNING, findings, age)
    return Check(name=name, state=CheckState.OK, detail=f"{allowed.message} ({age}; {allowed.evidence.split(';')[0]})")


def _refused(name: str, application: str, state: CheckState, found: list[Finding], age: str) -> Check:
    told = "; ".join(check.message for check in found[:5])
    more = f" (and {len(found) - 5} more)" if len(found) > 5 else ""
    way_out = f"{found[0].way_out} `dr readiness {application}` shows all."
    return Check(name=name, state=state, detail=f"{told}{more} ({age})", way_out=way_out)
