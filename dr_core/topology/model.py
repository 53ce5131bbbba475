"""The whole of `dr.yaml` as frozen typed values; unknown keys are refused, and `load.py` adds file and line."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from dr_core.topology.approval import Approval, Person
from dr_core.topology.capacity import Capacity, Consumer
from dr_core.topology.custom import Custom
from dr_core.topology.deployment import Deployment
from dr_core.topology.detection import Detection
from dr_core.topology.duties import Audit, Budget, Runbook, Schedule
from dr_core.topology.release import Release
from dr_core.topology.scalars import AppName, ChannelId, Duration, Region, RoleArn, Text
from dr_core.topology.stores import Cache, Database, Parameters, Storage, Table
from dr_core.topology.traffic import Canary, HealthCheck, Traffic, Verify
from dr_core.value import Value


class Residency(Value):
    allowed_regions: tuple[Region, ...] = Field(min_length=1)


class Objectives(Value):
    rto: Duration = timedelta(minutes=15)
    rpo: Duration = timedelta(minutes=1)
    availability: float = Field(default=99.9, gt=0, le=100)


class Failback(Value):
    """`hold`: for how long the primary region has to have caught up before anything is taken from where users are.

    `look_for`: how long after a forced failover the lost writes are looked for before they count as not found.
    """

    hold: Duration = timedelta(seconds=30)
    look_for: Duration = timedelta(hours=24)


class SlackChannels(Value):
    incident_channel: ChannelId
    digest_channel: ChannelId


class Account(Value):
    role_arn: RoleArn
    external_id: Text | None = None


class Application(Value):
    primary: Region
    standby: tuple[Region, ...] = Field(min_length=1)
    active_active: bool = False
    account: Account | None = None
    depends_on: tuple[AppName, ...] = ()
    health: tuple[HealthCheck, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    canary: Canary | None = None
    database: Database | None = None
    storage: tuple[Storage, ...] = ()
    cache: tuple[Cache, ...] = ()
    tables: tuple[Table, ...] = ()
    secrets: tuple[Text, ...] = ()
    parameters: Parameters = Parameters()
    keys: tuple[Text, ...] = ()
    capacity: tuple[Capacity, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    release: Release | None = None
    custom: tuple[Custom, ...] = ()
    verify: tuple[Verify, ...] = ()

    @property
    def regions(self) -> tuple[str, ...]:
        """Primary first, then the standbys in the order of the file."""
        return (self.primary, *self.standby)

    @property
    def stores(self) -> tuple[Database | Storage | Cache | Table, ...]:
        """Everything that holds data and may gate."""
        return (*((self.database,) if self.database else ()), *self.storage, *self.cache, *self.tables)


class Topology(Value):
    """The whole file. Cross-checks between its parts are in `check.py`."""

    version: Literal[1]
    residency: Residency
    control_region: Region
    objectives: Objectives = Objectives()
    detection: Detection = Detection()
    failback: Failback = Failback()
    slack: SlackChannels
    people: tuple[Person, ...] = ()
    approval: Approval
    schedule: Schedule = Schedule()
    budget: Budget | None = None
    audit: Audit = Audit()
    runbook: Runbook = Runbook()
    deployment: Deployment | None = None
    applications: dict[AppName, Application] = Field(min_length=1)
