"""All ports that steps and observation reach the world through, in one value."""

from collections.abc import Callable
from dataclasses import dataclass

from dr_core.capacity.port import Capacity
from dr_core.database.port import GlobalDatabase
from dr_core.parameters.port import ParameterStore
from dr_core.topology.model import Account
from dr_core.traffic.port import Records, TakeoverSwitch
from dr_core.verify.port import Resolver, WriteProbe


@dataclass(frozen=True)
class Ports:
    """`accounts` binds the same ports to the role of another account."""

    database: GlobalDatabase
    records: Records
    takeover: TakeoverSwitch
    capacity: Capacity
    parameters: ParameterStore
    resolver: Resolver
    probe: WriteProbe
    accounts: Callable[[Account], "Ports"] | None = None

    def of(self, account: Account | None) -> "Ports":
        """The ports as used for an application of `account`; None is the account the product itself runs in."""
        return self if account is None or self.accounts is None else self.accounts(account)
