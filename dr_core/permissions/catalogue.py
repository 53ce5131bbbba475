"""Everything that calls AWS, and what each identity of the product is granted for it. Pure.

A policy that allows more than this is too wide, and one that allows less breaks something that is named here.
"""

from collections.abc import Iterator

from dr_core.permissions import compute, discovery, duties, harmless, settings, steps, stores, traffic
from dr_core.permissions.assigned import assigned
from dr_core.permissions.model import Duty, Grant, Ground, House, Reader, Role
from dr_core.plan.kind import Need
from dr_core.topology.model import Topology

_VERIFIES = frozenset({Role.BOT, Role.WORKER, Role.LOOK})

READERS: tuple[Reader, ...] = (
    Reader("database", "Observes and examines the database, its members and proxies.", stores.database),
    Reader("buckets", "Observes and examines buckets, and counts what old versions cost.", stores.buckets),
    Reader("heartbeats", "Writes an object a minute and times its copy.", stores.heartbeats),
    Reader("caches", "Observes caches and their lag.", stores.caches),
    Reader("tables", "Observes global tables.", stores.tables),
    Reader("secrets", "Compares secrets, and finds names of regions in their values.", settings.secrets),
    Reader("parameters", "Compares parameters by fingerprints of their values.", settings.parameters),
    Reader("flags", "Compares feature flags that AppConfig has deployed.", settings.flags),
    Reader("keys", "Describes keys, and opens with one what another has closed.", settings.keys),
    Reader("doctor's calls", "Asks each service once whether it answers.", harmless.answering, frozenset({Role.LOOK})),
    Reader("object keys", "Puts and reads objects that the application's keys encrypt.", settings.object_keys),
    Reader("database keys", "Makes instances, clones and snapshots of an encrypted cluster.", settings.database_keys),
    Reader("records", "Observes records and what name servers answer.", traffic.records),
    Reader("health checks", "Observes and examines Route 53 health checks.", traffic.health_checks),
    Reader("routing controls", "Observes routing controls and their safety rules.", traffic.controls),
    Reader("take-over objects", "Looks whether a standby has taken over.", traffic.takeovers),
    Reader("distributions", "Examines distributions and their origin groups.", traffic.distributions),
    Reader("capacity", "Observes what runs in each region.", compute.capacity),
    Reader("scaling policies", "Examines what scales services and groups in each region.", compute.scaling_policies),
    Reader("images", "Examines what a service would start in a standby.", compute.images),
    Reader("quotas", "Examines whether the standby may grow to its working size.", compute.quotas),
    Reader("consumers", "Observes and examines what takes work.", compute.consumers),
    Reader("sources", "Examines whether what functions read is there.", compute.sources),
    Reader("custom steps", "Examines whether what the team's own steps call is there.", compute.custom),
    Reader("pretended calls", "Calls functions in a drill without running them.", compute.pretended),
    Reader("drill objects", "Writes to each bucket in a drill, and cleans up.", stores.drill_objects),
    Reader("clones", "Restores a clone of the database in a drill, and removes it.", duties.clones),
    Reader("releases", "Compares artifacts and moves the pointer of each region.", duties.releases),
    Reader("freeze", "Keeps the marker of a frozen application in each region.", duties.freeze),
    Reader("lost writes", "Keeps snapshots of what a forced failover lost.", duties.lost_writes),
    Reader("residency", "Examines where the buckets of anchors lie.", duties.residency),
    Reader("posture", "Examines whether changes are recorded.", duties.posture),
    Reader("permissions", "Asks IAM what a run would be allowed to do.", duties.simulation),
    Reader("AWS Health", "Asks AWS for events that concern the account.", duties.account_health),
    Reader("reconciliation", "Holds what CloudTrail tells of our calls against intents.", duties.recorded),
    Reader("billing", "Reads costs, budgets and recommendations.", duties.billing),
)
"""For each application, in its account."""

DUTIES: tuple[Duty, ...] = (
    Duty("anchoring", "Puts anchors of the audit trail under a lock.", duties.sealing),
    Duty("verification", "Holds the audit trail against its anchors.", duties.verifying, _VERIFIES),
    Duty("runbooks", "Keeps the commands of every plan in each region.", duties.printing),
    Duty("signals", "Takes alarms from the queue.", duties.hearing),
    Duty(
        "doctor's message",
        "Sends a message through the first topic to see whether it arrives.",
        duties.trying,
        _VERIFIES,
    ),
    Duty("discovery", "Drafts a topology from what there is.", discovery.everything, frozenset({Role.DISCOVER})),
    Duty("accounts", "Assumes the roles of applications in other accounts.", duties.assuming),
)
"""For all applications at once, in the product's own account."""


def granted(topology: Topology, role: Role, account: str, identity: str) -> tuple[Grant, ...]:
    """What the identity needs in the product's own account: its duties, and applications that live there."""
    house = House(topology, account, identity)
    asked = [(duty.name, need) for duty in DUTIES if role in duty.roles for need in duty.needs(house)]
    for name, app in topology.applications.items():
        if app.account is None:
            asked += _of_application(Ground(topology, name, account, identity), role)
    return _together(asked, account)


def granted_elsewhere(topology: Topology, role_arn: str) -> tuple[Grant, ...]:
    """What the role of applications in another account must allow whoever assumes it."""
    account = role_arn.split(":")[4]
    asked: list[tuple[str, Need]] = []
    for name, app in topology.applications.items():
        if app.account is not None and app.account.role_arn == role_arn:
            asked += _of_application(Ground(topology, name, account, role_arn), Role.WORKER)
    return _together(asked, account)


def _of_application(ground: Ground, role: Role) -> Iterator[tuple[str, Need]]:
    for reader in READERS:
        if role in reader.roles:
            yield from ((reader.name, need) for need in reader.needs(ground))
    if role is Role.WORKER:
        yield from steps.needed(ground)


def _together(asked: list[tuple[str, Need]], account: str) -> tuple[Grant, ...]:
    """Each need once, with everybody who has it."""
    found: dict[Need, dict[str, None]] = {}
    for name, need in asked:
        if need.resources:
            found.setdefault(assigned(need, account), {})[name] = None
    return tuple(Grant(need, tuple(names)) for need, names in found.items())
