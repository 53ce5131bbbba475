"""What a run would have to call, and whether AWS would let it: by simulation of the identity's policies.

An application's role is assumed anew for it, since keys that are held already tell nothing.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html

The simulation sees the policies of the identity and its permissions boundary. It does not see conditions of service
control policies, resource policies of other accounts, or what a session policy takes away: the evidence says how it
was asked.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.aws.faults import AwsDeniedError
from dr_core.aws.role import assume, way_out
from dr_core.errors import DrError
from dr_core.readiness.actions import Use, Wanted, wanted
from dr_core.readiness.asking import call
from dr_core.readiness.examination import EVERYWHERE, About, Inquiry, Subject
from dr_core.readiness.model import Check
from dr_core.topology.model import Account

AREA = "permissions"
_METHOD = "simulated by IAM, nothing was called"


@dataclass(frozen=True)
class Decision:
    """`decision` is IAM's: allowed, explicitDeny, implicitDeny; or `not told`."""

    wanted: Wanted
    uses: tuple[Use, ...]
    decision: str


@dataclass(frozen=True)
class Simulation:
    """`identity` is what was asked about: a user or a role."""

    identity: str
    decisions: tuple[Decision, ...]


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    role = subject.application.account
    if role and subject.own_client_of:
        yield Inquiry(
            "role-unknown", AREA, role.role_arn, EVERYWHERE, "STS AssumeRole",
            partial(usable, subject, role, subject.own_client_of), partial(judge_role, role),
        )  # fmt: skip
    for region in subject.application.regions:
        yield Inquiry(
            "identity-unknown", AREA, "STS", region, f"STS GetCallerIdentity, {region}",
            partial(identity, subject, region), judge_identity,
        )  # fmt: skip
    yield Inquiry(
        "permissions-unknown", AREA, subject.name, EVERYWHERE, "IAM SimulatePrincipalPolicy",
        partial(simulate, subject), judge,
    )  # fmt: skip


# -- what is asked ---------------------------------------------------------------------------------------------------


def usable(subject: Subject, role: Account, own: Callable[[str, str], Any]) -> str | None:
    """What STS says to whoever assumes the role now, None where it lets us; keys that are held already tell nothing.

    Any region's STS will do, the standbys' first, because the active region may be gone.
    """
    silent = DrError("no region could be asked")
    for region in (*subject.standbys, subject.active):
        try:
            assume(role, own("sts", region), region)
        except AwsDeniedError as error:
            return error.message
        except DrError as error:
            silent = error
        else:
            return None
    raise silent


def identity(subject: Subject, region: str) -> str:
    """The ARN by which AWS knows the caller, from the region's own STS."""
    return str(call(subject, "sts", region, "GetCallerIdentity")["Arn"])


def principal_of(arn: str) -> str:
    """The user or role behind an identity: a session of a role has the role's policies.

    An assumed role's ARN leaves out the role's path; IAM finds it only where the path is `/`.
    """
    head, _, rest = arn.partition(":assumed-role/")
    if not rest:
        return arn
    account = head.rsplit(":", 1)[-1]
    return f"arn:aws:iam::{account}:role/{rest.split('/', 1)[0]}"


def simulate(subject: Subject) -> Simulation:
    """Ask for every action of every plan, grouped by resource and region."""
    arn, via = _who(subject)
    who = principal_of(arn)
    account = who.split(":")[4]
    decisions: list[Decision] = []
    groups: dict[tuple[str, str | None, tuple[tuple[str, str], ...]], list[Wanted]] = {}
    uses = wanted(subject.topology, subject.name, subject.active, account)
    for one in uses:
        groups.setdefault((one.resource, one.region, one.context), []).append(one)
    for (resource, region, known), ones in groups.items():
        context = [
            {
                "ContextKeyName": key,
                "ContextKeyType": "string" if len(values) == 1 else "stringList",
                "ContextKeyValues": values,
            }
            for key, values in _by_key((("aws:RequestedRegion", region or "us-east-1"), *known)).items()
        ]
        answer = call(
            subject, "iam", via, "SimulatePrincipalPolicy", PolicySourceArn=who,
            ActionNames=[one.action for one in ones], ResourceArns=[resource], ContextEntries=context,
        )  # fmt: skip
        told = {raw["EvalActionName"].lower(): str(raw["EvalDecision"]) for raw in answer["EvaluationResults"]}
        decisions += [Decision(one, uses[one], told.get(one.action.lower(), "not told")) for one in ones]
    return Simulation(who, tuple(decisions))


def _by_key(told: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """A key that is named more than once has several values."""
    found: dict[str, list[str]] = {}
    for key, value in told:
        found.setdefault(key, []).append(value)
    return found


def _who(subject: Subject) -> tuple[str, str]:
    """Any region's STS tells; the standbys first, because the active one may be gone."""
    error = DrError("no region could be asked who the caller is")
    for region in (*subject.standbys, subject.active):
        try:
            return identity(subject, region), region
        except DrError as raised:
            error = raised
    raise error


# -- what it means ---------------------------------------------------------------------------------------------------


def judge_role(role: Account, refused: str | None, about: About) -> Iterable[Check]:
    if refused is None:
        yield about.ok("role-unusable", "The application's role can be assumed.", evidence=role.role_arn)
        return
    message = f"The role {role.role_arn} cannot be assumed: a run could do nothing in the application's account."
    yield about.blocking("role-unusable", message, evidence=refused, way_out=way_out(role))


def judge_identity(arn: str, about: About) -> Iterable[Check]:
    yield about.ok("identity-unknown", f"STS in {about.region} knows the product.", evidence=arn)


def judge(seen: Simulation, about: About) -> Iterable[Check]:
    """One finding for each action and target; on which resources, and where it is called, stands in the evidence."""
    refused: dict[tuple[str, str], list[Decision]] = {}
    for one in seen.decisions:
        if one.decision != "allowed":
            for target in dict.fromkeys(use.target for use in one.uses):
                refused.setdefault((one.wanted.action, target), []).append(one)
    for (action, target), ones in refused.items():
        there = About(about.area, action, target, about.source, about.at)
        yield _refused(seen.identity, action, target, ones, there)
    allowed = len({one.wanted.action for one in seen.decisions} - {action for action, _ in refused})
    if allowed:
        evidence = f"{seen.identity}; {_METHOD}"
        yield about.ok("permissions", f"{allowed} actions that a run needs are allowed.", evidence=evidence)


def _refused(who: str, action: str, target: str, ones: list[Decision], there: About) -> Check:
    code = f"permission:{action}"
    if any(one.decision == "not told" for one in ones):
        return there.unknown(code, f"Whether {action} is allowed was not told; {_METHOD}.")
    places = ", ".join(dict.fromkeys(one.wanted.region or "global" for one in ones))
    resources = ", ".join(dict.fromkeys(one.wanted.resource for one in ones))
    evidence = f"{ones[0].decision} for {who} on {resources} ({places}); {_METHOD}"
    way_out = f"Allow {action} on these resources."
    modes = {use.mode for one in ones for use in one.uses if use.target == target and use.essential}
    if not modes:
        message = f"A run to {target} may not call {action}; it would go on without, and say so."
        return there.warning(code, message, evidence=evidence, way_out=way_out)
    mode = next(iter(modes)) if len(modes) == 1 else None
    kind = "A run" if mode is None else f"A {mode.value} run"
    message = f"{kind} to {target} would not be allowed to call {action}."
    return there.blocking(code, message, evidence=evidence, way_out=way_out, mode=mode)
