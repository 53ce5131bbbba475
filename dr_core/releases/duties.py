"""What a worker does about releases: carries them out, each under its own lease, and looks at the regions for all."""

from collections.abc import Callable

from dr_core.duty import Duty, every
from dr_core.execution.lease import NamedLease
from dr_core.health.http import Prober
from dr_core.releases.aws import aws_ports
from dr_core.releases.looking import LEASE, LONGEST_S, Looking
from dr_core.releases.looking import TICK_S as LOOKING_S
from dr_core.releases.moving import TICK_S as MOVING_S
from dr_core.releases.moving import Moving
from dr_core.services import Services


def duties(bundle: Services, lease: Callable[[str, float], NamedLease], owner: str) -> tuple[Duty, ...]:
    """Wired to AWS; connects to nothing. `lease`: by name, and how long a round may last."""
    settings = bundle.settings
    prober = Prober(settings.probe_connect_to, settings.probe_ca)
    ports = aws_ports(bundle.aws, prober, bundle.clock)
    looking = lease(LEASE, LONGEST_S)
    moved, looked = Moving(bundle, ports, owner=owner), Looking(bundle, ports, looking)
    return (
        Duty("releases", moved.round, every(MOVING_S), moved),
        Duty("pointers", looked.round, every(LOOKING_S), looking),
    )
