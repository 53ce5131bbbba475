"""The policies that every story is told under: what the product's identities are granted, and nothing else.

`python -m tests.scenario.least FOLDER` tells, after a run with `--basetemp FOLDER`, what of it no story has used.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from bot.sandbox.environment import BOT_PROFILE, TERMINAL_PROFILE, WORKER_PROFILE, account_of
from bot.sandbox.world.policies import fits
from dr_core.permissions.catalogue import granted, granted_elsewhere
from dr_core.permissions.model import Grant, Role
from dr_core.topology.load import load_topology
from infra.iam.policies import by_principal

RECORD = "used.json"
_ROLES = {BOT_PROFILE: Role.BOT, WORKER_PROFILE: Role.WORKER, TERMINAL_PROFILE: Role.LOOK}


def policies(config: Path, into: Path) -> Path:
    """Written down for `dr sandbox --iam`. A person at a terminal is granted what only looks."""
    topology = load_topology(config)
    account = account_of(topology)
    people = {arn: Role.LOOK for person in topology.people for arn in person.aws}
    ours = {f"arn:aws:iam::{account}:user/{profile}": role for profile, role in _ROLES.items()}
    into.write_text(json.dumps(by_principal(topology, {**people, **ours})), encoding="utf-8")
    return into


def unused(folders: Iterable[Path]) -> list[str]:
    """Who has something that no story below these folders made use of, by what the world has let through."""
    used: set[str] = set()
    known: set[str] = set()
    for path in (found for folder in folders for found in folder.rglob(RECORD)):
        topology = load_topology(path.with_name("dr.yaml"))
        worker = f"arn:aws:iam::{account_of(topology)}:user/{WORKER_PROFILE}"
        roles = {app.account.role_arn for app in topology.applications.values() if app.account}
        grants = [grant for arn in sorted(roles) for grant in granted_elsewhere(topology, arn)]
        grants += granted(topology, Role.WORKER, worker.split(":")[4], worker)
        calls = [(one["action"], one["resource"]) for one in json.loads(path.read_text(encoding="utf-8"))["used"]]
        for grant in grants:
            names = {f"{name}: {grant.need.action}" for name in grant.by}
            known |= names
            if any(action == grant.need.action and _on(grant, resource) for action, resource in calls):
                used |= names
    return sorted(known - used)


def _on(grant: Grant, resource: str) -> bool:
    return any(fits(pattern, resource) for pattern in grant.need.resources)


if __name__ == "__main__":
    sys.stdout.write("\n".join(unused(map(Path, sys.argv[1:]))) + "\n")
