"""What `dr deploy` builds, as far as the rest of the file does not say it: the account, sizes, images, addresses."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from dr_core.topology.scalars import AccountId, AppName, Cidr, Count, Region, Text
from dr_core.value import Value

_DEPLOYED = "deployed:"


def assigned_later(text: str) -> bool:
    """Whether it only stands for an id that AWS assigns (a health check, a distribution), until `dr deploy sync` has
    written that: `deployed:NAME`, with a name of its own for each.
    """
    return text.startswith(_DEPLOYED)


class Size(StrEnum):
    """How much of a standby region stands while it waits. Counts of services are the topology's own in each of them.

    PILOT_LIGHT: the data, and no instance in the standby's databases. WARM_STANDBY: everything once, small.
    MULTI_SITE: the standby as large as the primary.
    """

    PILOT_LIGHT = "pilot-light"
    WARM_STANDBY = "warm-standby"
    MULTI_SITE = "multi-site"


class Service(Value):
    """What runs in the services of one application. `memory`: MiB a task."""

    image: Text
    port: Annotated[Count, Field(ge=1, le=65535)] = 8080
    cpu: Annotated[Count, Field(ge=256)] = 256
    memory: Annotated[Count, Field(ge=512)] = 512


class Engine(Value):
    """Of the database: `version` as its engine counts (17.7), `name` of the database in it. None: what suits it.

    `secret`: which of the application's secrets holds the master's password. `storage`: GiB of an RDS instance at
    first; Aurora's grows by itself.
    """

    version: Text | None = None
    instance_class: Text | None = None
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")] = "app"
    port: Annotated[Count, Field(ge=1150, le=65535)] | None = None
    secret: Text | None = None
    storage: Annotated[Count, Field(ge=20)] = 20


def master_secret(application: str, engine: Engine) -> str:
    """The secret with the password of the database's master."""
    return engine.secret or f"{application}/database/master"


class TableKey(Value):
    """Of a DynamoDB table, which can never be changed: the names of its attributes, which are strings."""

    partition: Text = "id"
    sort: Text | None = None


class Existing(StrEnum):
    """What an application may have already, under the ids that the rest of the file names: used, and not built."""

    HEALTH_CHECKS = "health_checks"
    ROUTING_CONTROLS = "routing_controls"
    DISTRIBUTION = "distribution"


class Built(Value):
    """One application, as it is built. `tables`: by name. `check_every`: how often Route 53's checkers look.

    `home`: the region that owns what can have one owner only (keys, secrets, the global database, tables, datastores).
    It stays when `primary` changes, which would make all of that anew; None: it is `primary`.
    `region_switch`: a plan of ARC Region switch besides, for the day on which there is no bot; it costs by the month.
    """

    service: Service
    engine: Engine = Engine()
    cache_node: Text = "cache.m6g.large"
    tables: dict[Text, TableKey] = Field({})
    check_every: Literal["30s", "10s"] = "30s"
    existing: tuple[Existing, ...] = ()
    home: Region | None = None
    region_switch: bool = False


class Bot(Value):
    """The bot itself: its image, and how many of each process run in each of its regions."""

    image: Text
    count: Annotated[Count, Field(ge=1)] = 1


class Deployment(Value):
    """`cidrs` and `zones` by region: what is left out is derived (networks.py, and the zones a and b)."""

    account: AccountId
    name: AppName = "dr"
    size: Size = Size.PILOT_LIGHT
    alerts: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", description="an e-mail address")]
    bot: Bot
    applications: dict[AppName, Built] = Field(min_length=1)
    cidrs: dict[Region, Cidr] = Field({})
    zones: dict[Region, tuple[Text, ...]] = Field({})
