"""The CDK app: every stack of every place, in the order in which they are deployed."""

from collections.abc import Iterator
from pathlib import Path

import aws_cdk as cdk

from infra.config import Config
from infra.place import Level, Part, Place
from infra.policy.residency import allowed_regions, stay_inside
from infra.stacks.alarms import Alarms
from infra.stacks.arc import Arc
from infra.stacks.cache import Cache
from infra.stacks.cdn import Cdn, EdgeCertificate
from infra.stacks.compute import Compute
from infra.stacks.consumers import Consumers
from infra.stacks.dashboards import Dashboards
from infra.stacks.database import Database
from infra.stacks.dns import Dns
from infra.stacks.governance import Governance
from infra.stacks.health_alarms import HealthAlarms
from infra.stacks.host import Host
from infra.stacks.house_alarms import HouseAlarms
from infra.stacks.house_storage import HouseStorage
from infra.stacks.identity import Identity
from infra.stacks.keys import HouseKey, HouseKeyCopy, Keys
from infra.stacks.network import Network
from infra.stacks.people import People
from infra.stacks.queue import Queue
from infra.stacks.region_switch import RegionSwitch
from infra.stacks.secrets import Secrets
from infra.stacks.settings import Flags, Parameters
from infra.stacks.signals import Signals
from infra.stacks.state import State
from infra.stacks.storage import Storage
from infra.stacks.store_room import StoreRoom
from infra.stacks.tables import Tables
from infra.stacks.takeover import Takeover
from infra.stacks.terminal import Terminal

STACKS: tuple[type[Part], ...] = (
    HouseKey,
    HouseKeyCopy,
    Network,
    Keys,
    Secrets,
    Database,
    Storage,
    HouseStorage,
    Cache,
    Tables,
    Parameters,
    Flags,
    Compute,
    Consumers,
    Takeover,
    Arc,
    Dns,
    EdgeCertificate,
    Cdn,
    RegionSwitch,
    Queue,
    Signals,
    State,
    StoreRoom,
    Identity,
    People,
    Host,
    Terminal,
    Alarms,
    HouseAlarms,
    HealthAlarms,
    Dashboards,
    Governance,
)
"""In the order of deployment; a stack may only use those before it."""


def build(config: Config, out: Path | None = None) -> cdk.App:
    """Makes every stack; `app.synth()` writes the templates."""
    app = cdk.App(outdir=str(out) if out else None, analytics_reporting=False, builtin_cloud_formation_validation=False)
    built: dict[tuple[str | None, str, str], Part] = {}
    for kind in STACKS:
        for application, region in _places(kind, config):
            here = {
                concern: part
                for (owner, concern, where), part in built.items()
                if where == region and owner in (None, application)
            }
            place = Place(config, region, application, here, built)
            if kind.wanted(place):
                stay_inside(kind.concern, region, allowed_regions(config))
                built[application, kind.concern, region] = kind(app, place)
    return app


def _places(kind: type[Part], config: Config) -> Iterator[tuple[str | None, str]]:
    """(application or None for the house, region), in order."""
    match kind.level:
        case Level.HOUSE:
            yield from ((None, region) for region in config.regions)
        case Level.HOUSE_ONCE:
            yield None, kind.one_region(config)
        case Level.APPLICATION:
            for name, app in config.applications.items():
                # A stack of another region asks for the home's, which owns what it joins.
                yield from ((name, one) for one in dict.fromkeys((config.home(name), *app.regions)))
        case Level.APPLICATION_ONCE:
            yield from ((name, kind.one_region(config)) for name in config.applications)
