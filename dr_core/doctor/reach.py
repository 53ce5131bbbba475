"""The doctor's look at AWS from here: who we are in each region, what answers and lets us in, and our clock.

Everything at once, each within seconds; only harmless calls.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import groupby
from typing import Any

from dr_core.aws.clients import observing_clients
from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.aws.residency import GLOBAL_SERVICES
from dr_core.doctor.harmless import HarmlessCall, calls, everywhere
from dr_core.doctor.result import Check, CheckState
from dr_core.errors import DeniedError, DrError
from dr_core.services import Services
from dr_core.topology.model import Account

_SKEW_SHOWN_S = 5.0
_SKEW_REFUSED_S = 300.0
"""A signature whose time is five minutes off is refused: https://docs.aws.amazon.com/IAM/latest/UserGuide/
reference_sigv-troubleshooting.html"""
_MOST_AT_ONCE = 16
EVERYWHERE = "global"


@dataclass(frozen=True)
class Place:
    """A region, and the role that is used there; None is the process's own identity."""

    region: str
    role: Account | None

    @property
    def name(self) -> str:
        return f"AWS {self.region}" + (f" as {self.role.role_arn.rpartition('/')[2]}" if self.role else "")


@dataclass(frozen=True)
class Identity:
    """What STS said: `skew_s` is our clock less AWS's, None where AWS told no time."""

    place: Place
    arn: str | None
    took_ms: float
    skew_s: float | None
    problem: DrError | None = None


@dataclass(frozen=True)
class Answer:
    """One harmless call. `problem` None: the service answered, also where it does not know the thing."""

    place: Place
    call: HarmlessCall
    took_ms: float
    problem: DrError | None = None


def reach(services: Services, *, identity_only: bool = False) -> tuple[Check, ...]:
    """Identity of each place, our clock, and then the services of each place whose STS answered.

    `identity_only` for a process that has nothing to do with those services, such as the bot: it takes no role either,
    since whoever has a role of an application may change things.
    """
    topology = services.topology
    home = [Place(topology.control_region, None)]
    places = home + [
        Place(region, None if identity_only else app.account)
        for app in topology.applications.values()
        for region in app.regions
    ]
    distinct = list(dict.fromkeys(places))
    with ThreadPoolExecutor(max_workers=min(_MOST_AT_ONCE, len(distinct))) as pool:
        identities = list(pool.map(lambda place: _identity(services, place), distinct))
        known = {one.place for one in identities if one.problem is None}
        asked = [] if identity_only else _calls(services)
        wanted = [(place, call) for place, call in asked if _reached(place, known)]
        answers = list(pool.map(lambda one: _ask(services, *one), wanted))
    return (*map(identity_check, identities), clock_check(identities), *service_checks(answers))


def identity_check(one: Identity) -> Check:
    """Who we are there."""
    if one.problem is not None:
        way_out = one.problem.hint or "Check credentials and network; in an outage of the region this is the outage."
        return Check(name=one.place.name, state=CheckState.FAILED, detail=one.problem.message, way_out=way_out)
    return Check(name=one.place.name, state=CheckState.OK, detail=f"answered in {one.took_ms:.0f} ms as {one.arn}")


def clock_check(identities: Iterable[Identity]) -> Check:
    """Our clock against the Date that AWS's answers carry, which has whole seconds."""
    told = [one.skew_s for one in identities if one.skew_s is not None]
    if not told:
        detail = "no region of AWS has told its time"
        way_out = "Find out first why AWS does not answer."
        return Check(name="AWS clock", state=CheckState.UNKNOWN, detail=detail, way_out=way_out)
    worst = max(told, key=abs)
    detail = f"ours and AWS's are {abs(worst):.0f} s apart, by the Date of {len(told)} answers"
    way_out = "Synchronise this machine with NTP."
    if abs(worst) >= _SKEW_REFUSED_S:
        refused = f"{detail}: AWS refuses signatures that are {_SKEW_REFUSED_S / 60:.0f} minutes off"
        return Check(name="AWS clock", state=CheckState.FAILED, detail=refused, way_out=way_out)
    if abs(worst) > _SKEW_SHOWN_S:
        return Check(name="AWS clock", state=CheckState.WARNING, detail=detail, way_out=way_out)
    return Check(name="AWS clock", state=CheckState.OK, detail=detail)


def service_checks(answers: Sequence[Answer]) -> tuple[Check, ...]:
    """One line a place: which services answered and how fast, or which did not or refused us."""
    ordered = sorted(answers, key=lambda one: one.place.name)
    return tuple(_services_check(name, list(group)) for name, group in groupby(ordered, lambda one: one.place.name))


def _services_check(place: str, answers: list[Answer]) -> Check:
    name = f"{place} services"
    bad = [one for one in answers if one.problem is not None]
    if not bad:
        told = ", ".join(f"{one.call.service} {one.took_ms:.0f} ms" for one in answers)
        return Check(name=name, state=CheckState.OK, detail=f"by harmless calls: {told}")
    denied = any(isinstance(one.problem, DeniedError) for one in bad)
    told = "; ".join(one.problem.message.rstrip(".") for one in bad if one.problem is not None)
    way_out = "Allow these actions." if denied else "In an outage of the region this is the outage; else look at it."
    detail = f"{len(answers) - len(bad)} of {len(answers)} answered harmless calls: {told}"
    return Check(name=name, state=CheckState.FAILED, detail=detail, way_out=way_out)


def _calls(services: Services) -> list[tuple[Place, HarmlessCall]]:
    """One a place and service, whichever application names it first."""
    found: dict[tuple[Place, str], HarmlessCall] = {}
    for application in services.topology.applications.values():
        for region in application.regions:
            for call in calls(application, region):
                found.setdefault((Place(region, application.account), call.service), call)
        for call in everywhere(application):
            found.setdefault((Place(EVERYWHERE, application.account), call.service), call)
    return [(place, call) for (place, _), call in found.items()]


def _reached(place: Place, known: set[Place]) -> bool:
    """Where STS does not answer nothing else is waited for."""
    if place.region == EVERYWHERE:
        return any(one.role == place.role for one in known)
    return place in known


def _identity(services: Services, place: Place) -> Identity:
    started, at = services.clock.monotonic(), services.clock.now()
    try:
        client = _client(services, "sts", place)
        with aws_errors("sts", place.region, "GetCallerIdentity"):
            answer = client.get_caller_identity()
    except DrError as error:
        told = getattr(error.__cause__, "response", None)  # botocore's ClientError carries AWS's answer
        return Identity(place, None, 0.0, _skew(at, told), error)
    took_s = services.clock.monotonic() - started
    return Identity(place, str(answer["Arn"]), 1000 * took_s, _skew(at + timedelta(seconds=took_s), answer))


def _skew(here: datetime, answer: Any) -> float | None:
    """Our time less AWS's, which is cut to whole seconds: half of one is added to it."""
    headers = (answer or {}).get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        there = parsedate_to_datetime(headers["date"]) + timedelta(seconds=0.5)
    except (KeyError, TypeError, ValueError):
        return None
    return (here - there).total_seconds()


def _ask(services: Services, place: Place, call: HarmlessCall) -> Answer:
    started = services.clock.monotonic()
    problem: DrError | None = None
    try:
        client = _client(services, call.service, place)
        with aws_errors(call.service, place.region, call.operation):
            getattr(client, client_method(client, call.operation))(**call.arguments)
    except AwsRejectedError:
        pass  # it answered; whether the thing is there is for readiness to tell
    except DrError as error:
        problem = error
    return Answer(place, call, 1000 * (services.clock.monotonic() - started), problem)


def client_method(client: Any, operation: str) -> str:
    """boto3's name of an operation of the API reference."""
    methods: dict[str, str] = client.meta.method_to_api_mapping
    return next(method for method, name in methods.items() if name == operation)


def _client(services: Services, service: str, place: Place) -> Any:
    region = services.topology.control_region if place.region == EVERYWHERE else place.region
    assert place.region != EVERYWHERE or service in GLOBAL_SERVICES
    return observing_clients(services.aws, place.role)(service, region)
