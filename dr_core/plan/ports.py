"""All ports that steps and observation reach the world through, in one value."""

from collections.abc import Callable
from dataclasses import dataclass

from dr_core.aws.clients import ClientOf
from dr_core.canary.port import Trials
from dr_core.capacity.port import Capacity
from dr_core.catch_up.port import Tracks
from dr_core.consumers.port import Consumers
from dr_core.copies.port import GlobalCache, ReplicaSecrets, ReplicatedBuckets
from dr_core.custom.port import Automations, Functions, Webhooks
from dr_core.database.port import GlobalDatabase
from dr_core.database.read_replicas import ReadReplicas
from dr_core.parameters.port import ParameterStore
from dr_core.topology.model import Account
from dr_core.traffic.controls import RoutingControls
from dr_core.traffic.distributions import Distributions
from dr_core.traffic.port import Records, TakeoverSwitch
from dr_core.verify.port import Resolver, WriteProbe


@dataclass(frozen=True)
class Ports:
    """`accounts` binds the same ports to the role of another account; `trials` and `tracks` are there where the
    store is.

    `clients` are for step kinds of other packages: guarded, bounded in time, and inside the residency.
    """

    database: GlobalDatabase
    replicas: ReadReplicas
    records: Records
    takeover: TakeoverSwitch
    controls: RoutingControls
    capacity: Capacity
    consumers: Consumers
    parameters: ParameterStore
    caches: GlobalCache
    secrets: ReplicaSecrets
    buckets: ReplicatedBuckets
    distributions: Distributions
    functions: Functions
    automations: Automations
    webhooks: Webhooks
    clients: ClientOf
    resolver: Resolver
    probe: WriteProbe
    accounts: Callable[[Account], "Ports"] | None = None
    trials: Trials | None = None
    tracks: Tracks | None = None

    def of(self, account: Account | None) -> "Ports":
        """The ports as used for an application of `account`; None is the account the product itself runs in."""
        return self if account is None or self.accounts is None else self.accounts(account)
