"""Whose AWS credentials this terminal has, by its own `dr.yaml`: for help only, it proves nothing."""

from dataclasses import dataclass

from commands.operators import roles_of
from dr_core.aws.caller import Signer, ask
from dr_core.errors import DrError
from dr_core.services import Services
from dr_core.terminal.identity import Stranger, person_of, proven_actor
from dr_core.terminal.proof import sts_of


@dataclass(frozen=True)
class Known:
    """Somebody whom `dr.yaml` names, with the roles of the stored roster."""

    name: str
    roles: frozenset[str]


def known_person(services: Services) -> Known | None:
    """Who a worker would find out that this is; None where there are no credentials, or nobody is named for them."""
    try:
        signer = Signer()
        sts = sts_of(services)[0]
        caller = ask(sts, signer.sign(sts, {}), connect_s=1.0, answer_s=2.0)
        person = person_of(services.topology, caller.arn, ())
        if isinstance(person, Stranger):
            return None
        return Known(person.name, roles_of(services, proven_actor(person)))
    except DrError:
        return None
