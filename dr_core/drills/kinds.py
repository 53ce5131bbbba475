"""Which trial carries out an exercise of each kind."""

from collections.abc import Callable, Mapping

from dr_core.drills import agenda
from dr_core.drills.cloning import CloneAndReach
from dr_core.drills.live import Move
from dr_core.drills.looking import AskEndpoint, OpenWithKey, PretendToInvoke, ReadSecret
from dr_core.drills.model import Drill
from dr_core.drills.port import DrillPorts
from dr_core.drills.scaling import ScaleByOne
from dr_core.drills.trial import Trial
from dr_core.drills.writing import WriteAndRead
from dr_core.services import Services
from dr_core.topology.model import Account


def by_account(services: Services, ports: DrillPorts) -> Callable[[Drill], Mapping[str, Trial]]:
    """drill -> its trials, bound to the account that it was begun in: what it made has to be found there again."""

    def of(drill: Drill) -> Mapping[str, Trial]:
        stored = next((one.params["account"] for one in drill.exercises if "account" in one.params), None)
        return trials(services, ports.of(None if stored is None else Account.model_validate(stored)))

    return of


def trials(services: Services, ports: DrillPorts) -> Mapping[str, Trial]:
    """kind -> trial, bound to the ports of one account."""
    move = Move(services)
    return {
        agenda.ENDPOINT: AskEndpoint(ports.probe),
        agenda.KEY: OpenWithKey(ports.keys),
        agenda.SECRET: ReadSecret(ports.secrets),
        agenda.INVOKE: PretendToInvoke(ports.dry),
        agenda.WRITE: WriteAndRead(ports.objects),
        agenda.SCALE: ScaleByOne(ports.capacity),
        agenda.CLONE: CloneAndReach(ports.clones, ports.reach),
        agenda.THERE: move,
        agenda.BACK: move,
    }
