"""`python -m infra.iam [--config dr.yaml] [--principal ROLE=ARN ...]`: who may do what, as JSON by the ARN of each.

Without `--principal` they are the roles that are deployed. `dr sandbox --iam FILE` enforces the file.
"""

import argparse
import json
import sys
from pathlib import Path

from dr_core.errors import DrError
from dr_core.permissions.model import Role
from dr_core.topology.load import load_checked
from infra.config import read_config
from infra.iam.policies import by_principal, role_name


def main(argv: list[str] | None = None) -> int:
    """0, or 2 with what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m infra.iam", description="Prints the policies of a topology.")
    parser.add_argument("--config", type=Path, default=Path("dr.yaml"))
    parser.add_argument("--principal", type=_named, action="append", default=[], metavar="ROLE=ARN")
    given = parser.parse_args(argv)
    try:
        topology = load_checked(given.config)
        principals = dict(given.principal) or _deployed(given.config)
    except DrError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(by_principal(topology, principals), indent=1) + "\n")
    return 0


def _named(text: str) -> tuple[str, Role]:
    role, _, arn = text.partition("=")
    return arn, Role(role)


def _deployed(path: Path) -> dict[str, Role]:
    config = read_config(path)
    account = config.deployment.account
    return {
        f"arn:aws:iam::{account}:role/{role_name(config, region, role)}": role
        for region in config.regions
        for role in (Role.BOT, Role.WORKER)
    }


if __name__ == "__main__":
    sys.exit(main())
