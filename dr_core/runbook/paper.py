"""One plan as a page that can be read on paper: what to know before, each step's commands, what comes after. Pure."""

from dataclasses import dataclass
from datetime import datetime

from dr_core.aws.cli import asked, aws, wait
from dr_core.plan.step import Finding, Mode, Plan, Purpose, Severity, Step
from dr_core.plan.steps import KINDS
from dr_core.topology.model import Account, Application

_DECIDED = {
    Mode.PLANNED: "Nothing is lost: both regions must be healthy. Where the source is not, take the forced paper.",
    Mode.FORCED: "What was not replicated is lost for good. Say aloud how much that is before you begin.",
}


@dataclass(frozen=True)
class Seen:
    """Where the application stood when the page was written. `active` and `exposure_s` None: not known."""

    at: datetime
    version: str
    active: str | None
    active_reason: str
    exposure_s: float | None
    observed_at: datetime | None


def page(app: Application, plan: Plan, findings: tuple[Finding, ...], seen: Seen) -> str:
    """The whole page, Markdown. `findings` are about what the plan leaves out."""
    numbers = {step.name: number for number, step in enumerate(plan.steps, start=1)}
    parts = (
        f"# {plan.application}: {way(app, plan)}, by hand",
        _head(plan, seen),
        _before(app, plan),
        _uncovered(findings),
        "## Steps",
        "In this order. Steps that wait for the same one may be done side by side, in shells of their own.",
        *(_step(step, numbers) for step in plan.steps),
        _after(app, plan),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def way(app: Application, plan: Plan) -> str:
    """What the plan is for, in a few words."""
    if plan.purpose is Purpose.ROLLBACK:
        return f"rollback of run {plan.undoes}, back to {plan.target}"
    if plan.returning:
        return f"users back to {plan.target}"
    if app.active_active:
        return f"{plan.mode.value} shift away from {plan.source}, towards {plan.target}"
    return f"{plan.mode.value} failover from {plan.source} to {plan.target}"


def _head(plan: Plan, seen: Seen) -> str:
    exposure = "unknown" if seen.exposure_s is None else f"{seen.exposure_s:g} s"
    observed = "never observed" if seen.observed_at is None else f"observed {seen.observed_at:%Y-%m-%d %H:%M:%S} UTC"
    rows = (
        ("written", f"{seen.at:%Y-%m-%d %H:%M:%S} UTC by dr-bot {seen.version}"),
        ("active region then", f"{seen.active or 'unknown'}: {_cell(seen.active_reason)}"),
        ("exposure then", f"{exposure} ({observed})"),
        ("plan", f"`{plan.digest()}`"),
    )
    return "\n".join(("| what | as it was |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)))


def _before(app: Application, plan: Plan) -> str:
    people = f"{plan.policy.required} {'person who is' if plan.policy.required == 1 else 'people who are'}"
    points = (
        "Only when the bot cannot do it. If it can, it is quicker, and it asks and checks what a tired person forgets.",
        "Make sure that no worker of the bot does the same at this moment: `dr brake on`, or end the workers.",
        f"{plan.mode.value.capitalize()}: {people} not you must agree. Write down who, and when. {_decided(plan)}",
        "You need bash, the AWS CLI (`aws --version`), `curl` and `dig`. A command that was refused is not repeated "
        "blindly: look first how it stands.",
        "Conditions are looked at every 10 seconds until they hold. Ctrl-C ends the looking and changes nothing.",
    )
    numbered = "\n".join(f"{number}. {text}" for number, text in enumerate(points, start=1))
    opening = 'export AWS_PAGER=""'
    if app.account is not None:
        opening += "\n" + _role(app.account, plan.target)
    return f"## Before the first step\n\n{numbered}\n\n{_bash(opening)}"


def _decided(plan: Plan) -> str:
    if plan.purpose is Purpose.ROLLBACK:
        return "It goes back to what that run had found. Take it only where nothing was changed since it ended."
    return _DECIDED[plan.mode]


def _role(account: Account, region: str) -> str:
    external = ("--external-id", account.external_id) if account.external_id else ()
    query = "Credentials.[AccessKeyId, SecretAccessKey, SessionToken]"
    assumed = aws(
        "sts", "assume-role", "--role-arn", account.role_arn, "--role-session-name", "dr-by-hand", *external,
        *asked(query), region=region,
    )  # fmt: skip
    names = "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"
    return f'read -r {names} <<< "$({assumed})"\nexport {names}'


def _uncovered(findings: tuple[Finding, ...]) -> str:
    told = [finding for finding in findings if finding.severity is Severity.BLOCKING]
    if not told:
        return ""
    lines = "\n".join(f"- {finding.message}" for finding in told)
    return f"## What these steps leave out\n\n{lines}"


def _step(step: Step, numbers: dict[str, int]) -> str:
    """Title, what it waits for, commands, conditions, and what to do where they do not come true."""
    way = KINDS[step.kind].by_hand(step)
    waited_for = ", ".join(str(numbers[name]) for name in step.after if name in numbers)
    facts = [
        f"After {waited_for}." if waited_for else "At once.",
        f"Leans on {step.home_region} ({step.plane.value} plane)." if step.home_region else "",
        "Cannot be taken back." if step.irreversible else "",
        f"The bot gives it {step.deadline_s:g} s.",
        way.note,
    ]
    parts = [f"### {numbers[step.name]}. {step.title}", " ".join(fact for fact in facts if fact)]
    if way.act:
        parts.append(_bash("\n".join(way.act)))
    if way.until:
        parts += ["Done when this ends:", _bash("\n".join(wait(condition) for condition in way.until))]
    if way.show:
        parts += ["To see how it stands:"] if way.act or way.until else []
        parts.append(_bash("\n".join(way.show)))
    if way.stuck:
        parts.append(f"If it does not work: {way.stuck}")
    if step.undo:
        parts.append(f"The way back: {step.undo}.")
    return "\n\n".join(parts)


def _after(app: Application, plan: Plan) -> str:
    lines = [
        f"- {plan.application} lives in {plan.target} now. The bot sees that by itself when it is back.",
        "- Write down when each step ended. None of it stands in the audit trail: add it to the incident's record.",
        "- Infrastructure as code does not know of the new roles: let nobody apply it before it does.",
    ]
    if plan.mode is Mode.FORCED:
        lines.append(f"- {plan.source} stays fenced when it returns, until its data is looked at.")
    lines += _database_after(app, plan)
    return "## Afterwards\n\n" + "\n".join(lines)


def _database_after(app: Application, plan: Plan) -> list[str]:
    """What is left to do about the database, by how it was promoted."""
    kinds = {step.kind for step in plan.steps}
    database = app.database.value if app.database else None
    lines = []
    if "failover-aurora" in kinds and database is not None:
        lines.append(
            f"- What {database.parts.get(plan.source)} had written and not replicated may stand in a snapshot named "
            "`rds:unplanned-global-failover-...` in that region: copy it to a manual one before it is removed."
        )
    if "promote-replica" in kinds and database is not None:
        name = database.parts[plan.target]
        lines += [
            f"- Replication has ended: what {name} writes is copied nowhere. Create a read replica of it in "
            f"{plan.source}, with a new name, and name it in dr.yaml. There is no way back before.",
            f"- {database.parts.get(plan.source)} is stopped, and RDS starts it again after seven days: keep it until "
            "nobody needs what it alone has, then delete it.",
        ]
    return lines


def _bash(text: str) -> str:
    return f"```bash\n{text}\n```"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
