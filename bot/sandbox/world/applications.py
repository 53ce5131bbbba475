"""The truth about each application: where it serves, who writes, what DNS answers. What clients would see."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from moto.ssm.models import ssm_backends

from bot.sandbox.world.aurora import GlobalDatabase
from bot.sandbox.world.blueprint import Addresses, Place, RecordPlan, domain
from bot.sandbox.world.capacity import Capacity
from bot.sandbox.world.database_values import Write
from bot.sandbox.world.dns_answers import values
from bot.sandbox.world.faults import RegionState
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.route53 import Route53
from dr_core.topology.model import Application


@dataclass
class Running:
    """One application as it stands in the world. `fleets`: (kind, name) of its capacity, the same in each region.

    `stored` finds its database, which may come to stand later.
    """

    name: str
    plan: Application
    stored: Callable[[], GlobalDatabase | None]
    fleets: tuple[tuple[str, str], ...]
    records: tuple[RecordPlan, ...]
    writes: dict[str, Write] = field(default_factory=dict)

    @property
    def database(self) -> GlobalDatabase | None:
        return self.stored()


class Applications:
    """Answers for all of them, from the state of databases, capacity, DNS and regions."""

    def __init__(self, ground: Ground, addresses: Addresses) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._faults = ground.faults
        self._capacity = ground.part(Capacity)
        self._route53 = ground.part(Route53)
        self._addresses = addresses
        self.all: dict[str, Running] = {}

    def region_state(self, region: str) -> RegionState:
        return self._faults.region_state(region)

    def writers(self, app: Running) -> list[str]:
        return app.database.writers() if app.database else []

    def running(self, app: Running) -> dict[str, int]:
        """Tasks and instances by region; empty when the application declares no capacity."""
        if not app.fleets:
            return {}
        return {
            region: sum(self._capacity.running(kind, region, name) for kind, name in app.fleets)
            for region in app.plan.regions
        }

    def lags(self, app: Running) -> dict[str, float]:
        """True lag of each secondary in seconds."""
        database = app.database
        return {} if database is None else {region: round(database.lag(region), 3) for region in database.secondaries()}

    def answers(self, app: Running) -> list[str]:
        """Regions that DNS answers with now, in the order of the file."""
        found = set()
        for record in app.records:
            for choice in self._route53.choices(record.name, record.type):
                found |= {place.region for value in values(choice.record) if (place := self._addresses.place(value))}
        return [region for region in app.plan.regions if region in found]

    def weights(self, app: Running) -> dict[str, int]:
        """Weights as the name servers have them; empty without weighted records."""
        found: dict[str, int] = {}
        for record in app.records:
            zone = self._route53.zones[record.zone]
            by_identifier = {identifier: region for region, identifier in record.set_identifiers}
            for served in zone.served:
                region = by_identifier.get(served.get("SetIdentifier", ""))
                if (
                    served["Name"] == f"{record.name}."
                    and served["Type"] == record.type
                    and region
                    and "Weight" in served
                ):
                    found.setdefault(region, int(served["Weight"]))
        return found

    def colours(self, app: Running) -> dict[str, str]:
        """What the release's pointer says in each region; empty for an application without releases."""
        if app.plan.release is None:
            return {}
        name, found = app.plan.release.pointer, {}
        for region in app.plan.regions:
            parameter = ssm_backends[self._account][region].get_parameter(name)
            if parameter is not None:
                found[region] = str(parameter.value)
        return found

    def trouble(self, place: Place) -> str | None:
        """Why a health check of this place fails, in Route 53's words; None when it succeeds."""
        if not self._faults.up(place.region):
            return "The health checker could not establish a connection within the timeout limit."
        app = self.all[place.application]
        if app.fleets and self.running(app).get(place.region, 0) == 0:
            return "HTTP Status Code 503, Service Unavailable"
        return None

    def region_for(self, app: Running, host: str) -> str | None:
        """Where a client of this host ends up: what DNS answers, else the region of the writer, else the primary."""
        for record_type in ("A", "AAAA", "CNAME"):
            record = self._route53.pick(domain(host), record_type)
            if record is not None:
                place = self._addresses.place(values(record)[0]) if values(record) else None
                return place.region if place else None
        if self._route53.has(host):
            return None
        writers = self.writers(app)
        if app.database is not None:
            return writers[0] if writers else app.database.writer
        return app.plan.primary

    def write(self, app: Running, region: str, token: str) -> bool:
        """Whether the region took the write."""
        if self.trouble(Place(app.name, region)) is not None:
            return False
        if app.database is not None and region not in app.database.writers():
            return False
        store = app.writes if app.database is None else app.database.writes
        store[token] = Write(token, region, self._timeline.now)
        return True

    def read(self, app: Running, region: str, token: str) -> datetime | None:
        """When the token was written, as far as this region knows."""
        store = app.writes if app.database is None else app.database.writes
        write = store.get(token)
        if write is None or (app.database is not None and not app.database.holds(region, write)):
            return None
        return write.at
