"""A region that was not named is proposed: the standby that would lose the least now, by the last observation."""

from commands.questions import MissingArguments
from commands.registry import Kind, registry
from commands.rendering.words import plain
from dr_core.errors import DrError
from dr_core.plan.target import TargetLine, propose
from dr_core.services import Services
from dr_core.standing.look import look
from dr_core.store.engine import Tx


def with_target(services: Services, asked: MissingArguments) -> MissingArguments:
    """The same question with the proposal in its words, and in `proposed` for a form; unchanged where none can be."""
    application = asked.known.get("application")
    lacks = [param for param in asked.missing if param.kind is Kind.REGION]
    if not lacks or not isinstance(application, str):
        return asked
    now, topology = services.clock.now(), services.topology

    def work(tx: Tx) -> TargetLine:
        return propose(topology.applications[application], look(tx, topology, application, now))

    try:
        found = services.store.read(work)
    except DrError:
        return asked  # what is missing is asked for all the same
    if found.region is None:
        return _again(asked, f"; {plain(found.reason)}", {})
    return _again(asked, f"; proposed now is {found.region}: {plain(found.reason)}", {lacks[0].name: found.region})


def _again(asked: MissingArguments, more: str, proposed: dict[str, str]) -> MissingArguments:
    command = registry().named(asked.command)
    return MissingArguments(command, asked.known, asked.missing, asked.why + more, proposed=proposed)
