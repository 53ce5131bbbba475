"""The bundle of what a command works with, made once by `bootstrap.py`."""

from dataclasses import dataclass

from dr_core.approvals.proof import AckSigner
from dr_core.aws.session import AwsSessions
from dr_core.clock import Clock
from dr_core.settings import Settings
from dr_core.store.engine import Store
from dr_core.topology.model import Topology


@dataclass(frozen=True)
class Services:
    """`signer` is there where acknowledgements are received: the bot's for Slack's, the workers' for terminals'."""

    topology: Topology
    store: Store
    clock: Clock
    settings: Settings
    aws: AwsSessions
    signer: AckSigner | None = None
