"""Prints who may do what in AWS, and why, into docs/iam.md: `python -m tests.shape.iam`."""

from collections.abc import Iterable
from pathlib import Path

from dr_core.permissions.catalogue import DUTIES, READERS, granted
from dr_core.permissions.model import Duty, Grant, Ground, House, Reader, Role
from dr_core.plan.steps import KINDS
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology
from infra.iam.reasons import BESIDES, WIDE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "iam.md"
SAMPLES = (*sorted((ROOT / "tests" / "topologies").glob("*.yaml")), ROOT / "infra" / "example.yaml")
ACCOUNT, IDENTITY = "111122223333", "arn:aws:iam::111122223333:role/dr-worker-eu-west-1"
HEAD = """# What the bot may do in AWS

Printed from the catalogue of everything that calls AWS (`dr_core/permissions/`; what a step takes stands at its kind in
[steps.md](steps.md)). The policies are made from it (`infra/iam/policies.py`), each action on the things that `dr.yaml`
names, and nothing is added by hand.

How it is held:

- Every operation that the code calls is granted, and every action that is granted is called, or stands below with the
  reason why it is there besides (`tests/infra/test_iam.py`).
- All stories of `tests/scenario` run with these policies enforced by the simulated AWS, which denies whatever they do
  not allow: `dr sandbox --iam FILE` does the same for you.
- `dr readiness` asks IAM whether the identity that the bot really has is allowed what a run would call.

Your own policies: `python -m infra.iam --config dr.yaml`. A role of an application in another account
(`account.role_arn`) is not made by us: the command prints what it must allow, under its ARN.

| identity | whose | changes something |
| --- | --- | --- |
| `bot` | The Slack process: it verifies the audit trail and sends the doctor's message; the rest is a worker's | no |
| `worker` | The process that observes, examines and carries out runs | yes |
| `look` | A person at a terminal (`dr doctor`, `dr audit verify`); what else they ask for a worker does | no |
| `discover` | Whoever runs `dr config discover` before there is a `dr.yaml`; it reads no value | no |

Bot and worker have a role in each region, which allows the same as the others; none needs another region.
"""
ELSEWHERE = """## Conditions

- What knows no resource is held to the regions of the application (`aws:RequestedRegion`), where it has any.
- Records are changed by name, type and verb: only those of `dr.yaml` and the owner's mark beside them
  (`route53:ChangeResourceRecordSetsNormalizedRecordNames` and its like).
- A key that `dr.yaml` names by its alias is used by that alias (`kms:RequestAlias`), or by another service in our name
  and through that service alone (`kms:ViaService`, `kms:ResourceAliases`); grants on it are for AWS's own use
  (`kms:GrantIsForAWSResource`).
- A role is passed to one service (`iam:PassedToService`), and a mapping is changed by its function
  (`lambda:FunctionArn`).
"""


def page() -> str:
    """The whole page."""
    topologies = [load_topology(path) for path in SAMPLES]
    parts = [
        HEAD,
        _part("For each application", READERS, [_ground(one, name) for one in topologies for name in one.applications]),
        _part("For all of them at once", DUTIES, [House(one, ACCOUNT, IDENTITY) for one in topologies]),
        ELSEWHERE,
        _reasons("Granted besides what is called", "action", BESIDES),
        _reasons("Granted on everything of a kind", "service or kind", WIDE),
        _example(topologies[-1]),
    ]
    return "\n".join(parts)


def _ground(topology: Topology, name: str) -> Ground:
    return Ground(topology, name, ACCOUNT, IDENTITY)


def _part(title: str, rows: Iterable[Reader | Duty], grounds: list[Ground] | list[House]) -> str:
    lines = [f"## {title}", "", "| part | what it does | identity | actions |", "| --- | --- | --- | --- |"]
    for row in rows:
        actions = sorted({need.action for ground in grounds for need in row.needs(ground)})  # type: ignore[arg-type]
        told = ", ".join(f"`{action}`" for action in actions)
        who = ", ".join(f"`{role}`" for role in Role if role in row.roles)
        lines.append(f"| {row.name} | {row.does} | {who} | {told} |")
    return "\n".join([*lines, ""])


def _reasons(title: str, what: str, reasons: dict[str, str]) -> str:
    lines = [f"## {title}", "", f"| {what} | why |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `{name}` | {why} |" for name, why in reasons.items()), ""])


def _example(topology: Topology) -> str:
    lines = [
        "## The worker of `infra/example.yaml`",
        "",
        "`REGION` stands for each region of the application.",
        "",
        "| action | on | for |",
        "| --- | --- | --- |",
    ]
    regions = sorted({region for app in topology.applications.values() for region in app.regions})
    found: dict[str, list[Grant]] = {}
    for grant in granted(topology, Role.WORKER, ACCOUNT, IDENTITY):
        found.setdefault(grant.need.action, []).append(grant)
    for action, grants in sorted(found.items()):
        on = sorted({_folded(arn, regions) for grant in grants for arn in grant.need.resources})
        by = sorted({_linked(name) for grant in grants for name in grant.by})
        lines.append(f"| `{action}` | {'<br>'.join(f'`{arn}`' for arn in on)} | {', '.join(by)} |")
    return "\n".join([*lines, ""])


def _folded(arn: str, regions: list[str]) -> str:
    for region in regions:
        arn = arn.replace(region, "REGION")
    return arn


def _linked(name: str) -> str:
    return f"[`{name}`](steps.md#{name})" if name in KINDS else name


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
