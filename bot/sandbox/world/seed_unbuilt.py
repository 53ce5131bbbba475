"""An account in which nothing stands yet: the applications' programs are there, and what is built later runs them.

What AWS does by itself and what nobody builds (prices, hosted zones without a record) is there, too.
"""

from functools import partial

from bot.sandbox.world.applications import Applications, Running
from bot.sandbox.world.aurora import GlobalDatabase
from bot.sandbox.world.blueprint import Addresses, RecordPlan
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.hosts import Sites
from bot.sandbox.world.rds import Rds
from bot.sandbox.world.rds_replicas import RdsReplicas
from bot.sandbox.world.seed_alarms import AlarmSeeds
from bot.sandbox.world.seed_compute import fleets_of
from bot.sandbox.world.seed_costs import seed_charges
from bot.sandbox.world.seed_edge import EdgeSeeds
from bot.sandbox.world.seed_traffic import TrafficSeeds
from bot.sandbox.world.seeding import Seeding
from dr_core.topology.model import Application


class Unbuilt:
    def __init__(self, ground: Ground, applications: Applications, addresses: Addresses, sites: Sites) -> None:
        self._ground = ground
        self._applications = applications
        self._addresses = addresses
        self._sites = sites

    def seed(self, seeds: Seeding, records: tuple[RecordPlan, ...]) -> None:
        topology = self._ground.topology
        for name, app in topology.applications.items():
            mine = tuple(record for record in records if record.application == name)
            stored = partial(self._database, app)
            self._applications.all[name] = Running(name, app, stored, fleets_of(app), mine)
        TrafficSeeds(self._ground, self._applications, self._addresses, self._sites).wait(topology, records)
        EdgeSeeds(self._ground, self._applications, self._sites).follow(self._addresses.place)
        AlarmSeeds(seeds, self._ground).wait(topology)
        seed_charges(self._ground)

    def _database(self, app: Application) -> GlobalDatabase | None:
        """The one that the topology names, once it stands."""
        spec = app.database
        if spec and spec.aurora_global:
            return self._ground.part(Rds).globals.get(spec.aurora_global.global_cluster.lower())
        if spec and spec.rds_replica:
            named = {name.lower() for name in spec.rds_replica.instances.values()}
            sets = self._ground.part(RdsReplicas).sets
            return next((one for one in sets if named & {name.lower() for name in one.members.values()}), None)
        return None
