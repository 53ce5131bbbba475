"""Every resource type that the simulated CloudFormation knows; any other is refused by its name."""

from bot.sandbox.world.cloudformation import (
    compute,
    copies,
    databases,
    identity,
    network,
    storage,
    traffic,
    watching,
)
from bot.sandbox.world.cloudformation.kinds import Kind

KINDS: dict[str, Kind] = {
    **network.KINDS,
    **identity.KINDS,
    **databases.KINDS,
    **storage.KINDS,
    **copies.KINDS,
    **compute.KINDS,
    **traffic.KINDS,
    **watching.KINDS,
}
