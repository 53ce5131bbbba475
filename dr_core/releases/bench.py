"""What every part of carrying out a release works with: the store, the ports of its account, and who acts."""

from dataclasses import dataclass
from datetime import datetime

from dr_core.approvals.model import Actor
from dr_core.errors import NotFoundError
from dr_core.observation.model import Signal
from dr_core.releases import records
from dr_core.releases.asked import refuse_unless_asked
from dr_core.releases.aws import PortsOf
from dr_core.releases.model import Release
from dr_core.releases.port import ReleasePorts
from dr_core.releases.records import Told
from dr_core.releases.standing_back import why_not
from dr_core.releases.succeeding import make_room
from dr_core.services import Services
from dr_core.store.engine import Tx
from dr_core.topology.model import Application
from dr_core.topology.release import Release as Colours


@dataclass(frozen=True)
class Bench:
    services: Services
    ports_of: PortsOf
    actor: Actor

    def keep(self, release: Release, *told: Told) -> Release:
        """Raises LeaseLostError."""
        return records.keep(self.services.store, release, told, self.actor)

    def begin(self, release: Release, told: Told) -> Release:
        """Keep what may move from now on, and end what it takes over from. Raises ConflictError, LeaseLostError."""

        def ahead(tx: Tx) -> None:
            refuse_unless_asked(tx, release)
            make_room(tx, release, self.actor)

        return records.keep(self.services.store, release, (told,), self.actor, ahead)

    def ports(self, release: Release) -> ReleasePorts:
        """Bound to the account that it was asked for in: what it moved has to be found there again."""
        return self.ports_of(release.account)

    def application(self, release: Release) -> tuple[Application, Colours]:
        """As dr.yaml has them now; NotFoundError where it has not."""
        entry = self.services.topology.applications.get(release.application)
        if entry is None or entry.release is None or release.colour not in entry.release.colours:
            raise NotFoundError(f"dr.yaml has no {release.colour} of {release.application} any more.")
        return entry, entry.release

    def answers(self, release: Release) -> tuple[Signal, ...]:
        """What its colour answers now in every region that it is for."""
        _, colours = self.application(release)
        urls = colours.colours[release.colour].health
        asked = {region: url for region, url in urls.items() if region not in release.without}
        return tuple(self.ports(release).probe(asked).values())

    def why_not(self, release: Release) -> str | None:
        """Why nothing new may be done for it now."""
        return self.services.store.read(lambda tx: why_not(tx, self.services.topology, release.application))

    def now(self) -> datetime:
        return self.services.clock.now()
