"""The simulated world as one object: start it from a topology, look at the truth, break things, change the speed."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from werkzeug.serving import BaseWSGIServer

from bot.sandbox.world.applications import Applications, Running
from bot.sandbox.world.blueprint import Addresses, places_of, records_of
from bot.sandbox.world.consumption import Consumption
from bot.sandbox.world.dns_server import DnsService, WorldResolver
from bot.sandbox.world.gateway import Gateway, serve
from bot.sandbox.world.ground import Ground, P
from bot.sandbox.world.guard import Guard, Policies
from bot.sandbox.world.hosts import HostServer, Sites, certificates
from bot.sandbox.world.identities import Identities
from bot.sandbox.world.lighter_moto import lighten
from bot.sandbox.world.metrics import Publisher
from bot.sandbox.world.route53 import Route53
from bot.sandbox.world.seed_alarms import AlarmSeeds
from bot.sandbox.world.seed_compute import Compute
from bot.sandbox.world.seed_consumers import ConsumerSeeds
from bot.sandbox.world.seed_copies import CopySeeds
from bot.sandbox.world.seed_costs import seed_costs
from bot.sandbox.world.seed_custom import CustomSeeds
from bot.sandbox.world.seed_edge import EdgeSeeds
from bot.sandbox.world.seed_posture import Posture
from bot.sandbox.world.seed_stores import Stores
from bot.sandbox.world.seed_traffic import TrafficSeeds
from bot.sandbox.world.seed_unbuilt import Unbuilt
from bot.sandbox.world.seeding import Seeding
from bot.sandbox.world.services import operations
from bot.sandbox.world.webhooks import Webhooks
from dr_core.clock import Clock
from dr_core.topology.model import Topology

# moto keeps its state in the process: two worlds would share it.
_only_one = threading.Lock()


@dataclass(frozen=True)
class Endpoints:
    """Where the world listens. `connect_to` is for DR_PROBE_CONNECT_TO, `resolver` for DR_RESOLVERS."""

    aws_url: str
    connect_to: str
    ca_path: Path
    resolver: str


class World:
    """One per process at a time; `start` fills it anew from the topology, healthy."""

    def __init__(
        self,
        topology: Topology,
        *,
        data_dir: Path,
        clock: Clock,
        speed: float = 60.0,
        policies: Policies | None = None,
        built: bool = True,
    ) -> None:
        """`policies` of principals are enforced; without any everybody may do everything. Not `built`: nothing stands
        in the account that the topology names, and what is deployed there later runs its applications.
        """
        self._built = built
        self._data_dir = data_dir
        self._ground = Ground(topology, clock, speed, policies)
        self._timeline = self._ground.timeline
        self._faults = self._ground.faults
        self._gateway = Gateway(self._ground, operations(self._ground))
        self._addresses = Addresses(places_of(topology))
        self._applications = Applications(self._ground, self._addresses)
        self._sites = Sites(self._timeline, self._faults, self._applications)
        self._sites.webhook = self._ground.part(Webhooks).receive
        self._server: BaseWSGIServer | None = None
        self._hosts: HostServer | None = None
        self._dns: DnsService | None = None
        self._holds = False
        self.missing: tuple[str, ...] = ()

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self) -> Endpoints:
        """Listen and seed. What could not be made is in `missing`; RuntimeError when a world runs already."""
        if not _only_one.acquire(blocking=False):
            raise RuntimeError("a world runs in this process already; stop it first")
        self._holds = True
        try:
            return self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close everything; calls that hang end with a reset. A world that does not run stays as it is."""
        if not self._holds:
            return
        self._gateway.stopping.set()
        self._sites.stopping.set()
        if self._dns is not None:
            self._dns.stop()
        for server in (self._server, self._hosts):
            if server is not None:
                server.shutdown()
                server.server_close()
        self._server = self._hosts = self._dns = None
        self._holds = False
        _only_one.release()

    def credentials(self, principal_arn: str) -> tuple[str, str]:
        """Access key and secret with which GetCallerIdentity answers this principal."""
        return self._ground.part(Identities).credentials(principal_arn)

    def part(self, kind: type[P]) -> P:
        """One of its services, to look at or to fill."""
        return self._ground.part(kind)

    # -- the truth ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """What is so, whatever anybody believes: GET /api/world."""
        with self._timeline.lock:
            self._timeline.settle()
            return {
                "now": self._timeline.now.isoformat(),
                "speed": self._timeline.speed,
                "faults": self._faults.listing(),
                "regions": {region: {"up": self._faults.up(region)} for region in self._ground.regions},
                "applications": {app.name: self._application(app) for app in self._applications.all.values()},
            }

    def calls(self) -> list[dict[str, Any]]:
        """Every call that may have changed something, oldest first: GET /api/world/calls."""
        with self._timeline.lock:
            return self._ground.log.listing()

    def permissions(self) -> dict[str, list[dict[str, str]]]:
        """What policies have let through and refused, where they are enforced: GET /api/world/permissions."""
        with self._timeline.lock:
            return self._ground.part(Guard).listing()

    def _application(self, app: Running) -> dict[str, Any]:
        return {
            "writers": self._applications.writers(app),
            "answers": self._applications.answers(app),
            "weights": self._applications.weights(app),
            "lag_seconds": self._applications.lags(app),
            "running": self._applications.running(app),
            "colours": self._applications.colours(app),
            "consuming": self._ground.part(Consumption).consuming(app.plan),
        }

    # -- what can be done to it --------------------------------------------------------------------------------------

    def add_fault(
        self,
        kind: str,
        *,
        region: str | None = None,
        service: str | None = None,
        operation: str | None = None,
        value: float | None = None,
        for_s: float | None = None,
    ) -> str:
        """The id of the new fault; ValueError with one sentence when there is no such kind, region or operation."""
        with self._timeline.lock:
            self._timeline.settle()
            return self._faults.add(kind, region=region, service=service, operation=operation, value=value, for_s=for_s)

    def remove_fault(self, fault_id: str | None) -> None:
        """End one fault, or (None) all; ValueError when there is no such fault."""
        with self._timeline.lock:
            self._timeline.settle()
            self._faults.remove(fault_id)

    def faults(self) -> list[dict[str, Any]]:
        with self._timeline.lock:
            self._timeline.settle()
            return self._faults.listing()

    def set_speed(self, speed: float) -> None:
        """Divide durations by this from now on; ValueError unless above 0."""
        self._timeline.set_speed(speed)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _start(self) -> Endpoints:
        lighten()
        BackendDict.reset()
        reset_model_data()
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._seed()
        self._server = serve(self._gateway)
        ca_path = self._data_dir / "world-ca.pem"
        self._hosts = HostServer(self._sites, certificates(self._sites.hosts(), ca_path))
        self._hosts.start()
        route53 = self._ground.part(Route53)
        self._dns = DnsService(WorldResolver(self._timeline, route53, self._addresses, self._sites.place_of))
        self._dns.start()
        return Endpoints(
            f"http://127.0.0.1:{self._server.server_port}",
            f"::127.0.0.1:{self._hosts.server_address[1]}",
            ca_path,
            f"127.0.0.1:{self._dns.port}",
        )

    def _seed(self) -> None:
        ground, topology = self._ground, self._ground.topology
        seeds = Seeding(self._gateway.seed)
        records = records_of(topology)
        if not self._built:
            Unbuilt(ground, self._applications, self._addresses, self._sites).seed(seeds, records)
            Publisher(ground).start()
            return
        stores, copies, compute = Stores(seeds, ground), CopySeeds(seeds, ground), Compute(seeds, ground)
        consumers, custom = ConsumerSeeds(seeds, ground, compute), CustomSeeds(seeds, compute)
        for name, app in topology.applications.items():
            if app.account:
                compute.role(app.account.role_arn)
            copies.seed(app)
            database, fleets = stores.seed(name, app), compute.seed(app)
            consumers.seed(app)
            custom.seed(app)
            mine = tuple(record for record in records if record.application == name)
            self._applications.all[name] = Running(name, app, lambda found=database: found, fleets, mine)  # type: ignore[misc]
        stores.anchors(topology)
        Posture(seeds, ground).seed(topology)
        stores.runbooks(topology)
        AlarmSeeds(seeds, ground).seed(topology)
        TrafficSeeds(ground, self._applications, self._addresses, self._sites).seed(topology, records)
        EdgeSeeds(ground, self._applications, self._sites).seed(topology)
        Publisher(ground).start()
        seed_costs(seeds, ground)
        self.missing = tuple(seeds.missing)
