"""The simulated world as one object: start it from a topology, look at the truth, break things, change the speed."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from werkzeug.serving import BaseWSGIServer

from bot.sandbox.world.api import Call
from bot.sandbox.world.appconfig import AppConfigWorld
from bot.sandbox.world.applications import Applications, Running
from bot.sandbox.world.blueprint import Addresses, account_of, places_of, records_of, regions_of
from bot.sandbox.world.call_log import CallLog
from bot.sandbox.world.capacity import Capacity
from bot.sandbox.world.cloudtrail import CloudTrail
from bot.sandbox.world.cloudwatch import CloudWatch
from bot.sandbox.world.copy_metrics import CopyPublisher
from bot.sandbox.world.costs import Costs
from bot.sandbox.world.dns_server import DnsService, WorldResolver
from bot.sandbox.world.dynamodb import DynamoDb
from bot.sandbox.world.elasticache import ElastiCacheGlobal
from bot.sandbox.world.faults import FaultBook
from bot.sandbox.world.gateway import GLOBAL_SERVICES, Gateway, serve
from bot.sandbox.world.health_events import HealthEvents
from bot.sandbox.world.hosts import HostServer, Sites, certificates
from bot.sandbox.world.identities import Identities
from bot.sandbox.world.kms import Kms
from bot.sandbox.world.metrics import Publisher
from bot.sandbox.world.object_lock import ObjectLock
from bot.sandbox.world.quotas import Quotas
from bot.sandbox.world.rds import Rds
from bot.sandbox.world.route53 import Route53
from bot.sandbox.world.s3 import S3
from bot.sandbox.world.secrets import Secrets
from bot.sandbox.world.seed_clients import SeedClients
from bot.sandbox.world.seed_compute import Compute
from bot.sandbox.world.seed_copies import CopySeeds
from bot.sandbox.world.seed_costs import seed_costs
from bot.sandbox.world.seed_posture import Posture
from bot.sandbox.world.seed_stores import Stores
from bot.sandbox.world.seed_traffic import TrafficSeeds
from bot.sandbox.world.simulation import Simulation
from bot.sandbox.world.tags import Tags
from bot.sandbox.world.timeline import Timeline
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

    def __init__(self, topology: Topology, *, data_dir: Path, clock: Clock, speed: float = 60.0) -> None:
        self._topology = topology
        self._data_dir = data_dir
        self._timeline = Timeline(clock, speed)
        self._regions = regions_of(topology)
        self._account = account_of(topology)
        self._faults = FaultBook(self._timeline, self._regions)
        self._log = CallLog()
        self._identities = Identities(self._account, self._timeline)
        self._rds = Rds(self._account, self._timeline)
        self._cloudwatch = CloudWatch(self._timeline)
        self._route53 = Route53(self._timeline)
        self._capacity = Capacity(self._account, self._timeline, self._faults)
        self._s3 = S3(self._account, self._timeline, self._faults)
        self._lock = ObjectLock(self._account)
        self.tables = DynamoDb(self._account, self._timeline, self._faults)
        self.caches = ElastiCacheGlobal(self._account, self._timeline, self._faults)
        self.health_events = HealthEvents(self._timeline, self._faults, self._regions)
        settings = (Kms(self._account, self._timeline), AppConfigWorld(self._account, self._timeline))
        self._copied = (self.tables, self.caches, self.health_events, *settings)
        self._secrets = Secrets(self._account, self._faults)
        self._trail = CloudTrail(self._account, self._timeline, self._log)
        self.costs = Costs(self._account, self._timeline)
        self._quotas = Quotas(self._account, topology, self._timeline, self._faults, self._capacity, self._cloudwatch)
        self._addresses = Addresses(places_of(topology))
        self._applications = Applications(self._timeline, self._faults, self._capacity, self._route53, self._addresses)
        self._sites = Sites(self._timeline, self._applications)
        self._gateway = self._make_gateway()
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
        return self._identities.credentials(principal_arn)

    # -- the truth ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """What is so, whatever anybody believes: GET /api/world."""
        with self._timeline.lock:
            self._timeline.settle()
            return {
                "now": self._timeline.now.isoformat(),
                "speed": self._timeline.speed,
                "faults": self._faults.listing(),
                "regions": {region: {"up": self._faults.up(region)} for region in self._regions},
                "applications": {app.name: self._application(app) for app in self._applications.all.values()},
            }

    def calls(self) -> list[dict[str, Any]]:
        """Every call that may have changed something, oldest first: GET /api/world/calls."""
        with self._timeline.lock:
            return self._log.listing()

    def _application(self, app: Running) -> dict[str, Any]:
        return {
            "writers": self._applications.writers(app),
            "answers": self._applications.answers(app),
            "weights": self._applications.weights(app),
            "lag_seconds": self._applications.lags(app),
            "running": self._applications.running(app),
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

    def _make_gateway(self) -> Gateway:
        stores = (self._s3, self._lock, self._rds, self._secrets, *self._copied)
        tags = Tags(self._account, self._topology)
        posture = (self._quotas, Simulation(self._account, self._faults), self.costs, tags)
        parts = (self._identities, self._cloudwatch, self._route53, self._capacity, self._trail, *stores, *posture)
        operations = {key: handler for part in parts for key, handler in part.operations().items()}
        return Gateway(
            account=self._account,
            operations=operations,
            timeline=self._timeline,
            faults=self._faults,
            log=self._log,
            identities=self._identities,
            regions_of=self._regions_of,
        )

    def _regions_of(self, call: Call) -> tuple[str, ...]:
        """A global service depends on no region of the topology; a bucket answers where it lives."""
        if call.service in GLOBAL_SERVICES:
            return ()
        bucket = call.parameters.get("Bucket") if call.service == "s3" else None
        home = self._s3.region_of(bucket) if bucket else None
        return (call.region,) if home is None else tuple({call.region, home})

    def _start(self) -> Endpoints:
        BackendDict.reset()
        reset_model_data()
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._server, _ = serve(self._gateway)
        aws_url = f"http://127.0.0.1:{self._server.server_port}"
        clients = SeedClients(aws_url)
        self._seed(clients)
        self.missing = tuple(clients.missing)
        ca_path = self._data_dir / "world-ca.pem"
        self._hosts = HostServer(self._sites, certificates(self._sites.hosts(), ca_path))
        self._hosts.start()
        resolver = WorldResolver(self._timeline, self._route53, self._addresses, self._sites.place_of)
        self._dns = DnsService(resolver)
        self._dns.start()
        return Endpoints(
            aws_url, f"::127.0.0.1:{self._hosts.server_address[1]}", ca_path, f"127.0.0.1:{self._dns.port}"
        )

    def _seed(self, clients: SeedClients) -> None:
        records = records_of(self._topology)
        stores = Stores(clients, self._account, self._timeline, self._faults, self._rds)
        copies = CopySeeds(clients, self.tables, self.caches)
        compute = Compute(clients, self._account, self._capacity)
        for name, app in self._topology.applications.items():
            if app.account:
                compute.role(app.account.role_arn)
            copies.seed(app)
            database, fleets = stores.seed(name, app), compute.seed(app)
            mine = tuple(record for record in records if record.application == name)
            self._applications.all[name] = Running(name, app, database, fleets, mine)
        stores.anchors(self._topology)
        Posture(clients, self._account).seed(self._topology)
        stores.runbooks(self._topology)
        TrafficSeeds(self._route53, self._applications, self._s3, self._addresses, self._sites).seed(
            self._topology, records
        )
        Publisher(self._timeline, self._faults, self._cloudwatch, self._rds, self._s3).start()
        CopyPublisher(self._timeline, self._faults, self._cloudwatch, self.tables, self.caches).start()
        self._quotas.start()
        seed_costs(self.costs, self._topology, clients)
