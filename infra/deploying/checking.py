"""`dr deploy check`: what a deployment needs, looked at before anything is asked for. Changes nothing."""

import importlib.util
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dr_core.aws.faults import aws_errors, is_gone
from dr_core.aws.session import Purpose
from dr_core.doctor.result import Check, CheckState
from dr_core.errors import DrError
from dr_core.freeze.ssm import SsmMarkers
from dr_core.topology.deployment import Size
from infra.config import Config
from infra.deploying.account import caller
from infra.deploying.assembly import Assembly
from infra.deploying.cdk import CLI, INSTALLING
from infra.deploying.frozen import Marked, markers
from infra.deploying.model import CheckReport, nothing_failed
from infra.deploying.planning import unset
from infra.deploying.quotas import quotas
from infra.deploying.site import Site
from infra.policy.residency import allowed_regions, foreign_names, misplaced

_LOCK = Path(CLI).parents[2] / "package-lock.json"


def ok(name: str, detail: str) -> Check:
    return Check(name=name, state=CheckState.OK, detail=detail)


def failed(name: str, detail: str, way_out: str) -> Check:
    return Check(name=name, state=CheckState.FAILED, detail=detail, way_out=way_out)


def warning(name: str, detail: str, way_out: str) -> Check:
    return Check(name=name, state=CheckState.WARNING, detail=detail, way_out=way_out)


def unknown(name: str, problem: DrError, way_out: str = "") -> Check:
    return Check(name=name, state=CheckState.UNKNOWN, detail=problem.message, way_out=way_out or problem.hint or "")


def check(site: Site) -> CheckReport:
    """Configuration and tools first; what needs templates only where they can be made."""
    checks = [configuration(site), *tools(site)]
    try:
        assembly = site.assembly
    except DrError as error:
        checks.append(failed("templates", error.message, error.hint or "Correct dr.yaml: `dr config check`."))
        return _report(site, checks)
    checks += [synthesis(assembly), *residency(site, assembly)]
    for region in assembly.regions:
        checks += place(site, assembly, region)
    checks += [*frozen(markers(site.config, SsmMarkers(site.aws))), ids(site), *headless(site.config)]
    return _report(site, checks)


def _report(site: Site, checks: list[Check]) -> CheckReport:
    return CheckReport(at=site.clock.now(), ok=nothing_failed(checks), checks=tuple(checks))


def configuration(site: Site) -> Check:
    names = ", ".join(site.config.applications)
    return ok(
        "configuration", f"{site.path}: {names} in {', '.join(site.config.regions)}, {site.config.deployment.size}"
    )


def tools(site: Site) -> Iterator[Check]:
    """The extra `infra`, and the CDK CLI in the version that goes with it."""
    if importlib.util.find_spec("aws_cdk") is None:
        yield failed("CDK", "aws-cdk-lib is not installed", INSTALLING)
    else:
        yield ok("CDK", "aws-cdk-lib is installed")
    try:
        found = site.cli.version()
    except DrError as error:
        yield failed("CDK CLI", error.message, error.hint or INSTALLING)
        return
    pinned = pinned_version(_LOCK)
    if pinned is None:
        yield warning("CDK CLI", f"{found}; which version is pinned is not known: {_LOCK} names none", INSTALLING)
    elif found != pinned:
        yield warning("CDK CLI", f"{found}, but {pinned} is pinned", INSTALLING)
    else:
        yield ok("CDK CLI", found)


def pinned_version(lock: Path) -> str | None:
    """The CLI's version in a package-lock.json; None where it names none."""
    try:
        packages: dict[str, Any] = json.loads(lock.read_text(encoding="utf-8"))["packages"]
        return str(packages["node_modules/aws-cdk"]["version"])
    except (OSError, ValueError, KeyError):
        return None


def synthesis(assembly: Assembly) -> Check:
    left = sum(len(stack.left) for stack in assembly.stacks.values())
    told = f"{len(assembly.stacks)} stacks in {', '.join(assembly.regions)}"
    return ok("templates", told + (f"; {left} things are left to people: `dr deploy plan`" if left else ""))


def residency(site: Site, assembly: Assembly) -> Iterator[Check]:
    """Every stack stands where it may, and names no other region, but for what is exempt by name."""
    allowed, wrong = allowed_regions(site.config), False
    for stack in assembly.stacks.values():
        outside = misplaced(stack.concern, stack.region, allowed)
        named = [*foreign_names(dict(stack.template), stack.concern, site.config)]
        for told in [*([outside] if outside else []), *named]:
            wrong = True
            yield failed("residency", f"{stack.name}: {told}", "Allow the region, or correct dr.yaml.")
    if not wrong:
        yield ok("residency", f"every stack stands in {', '.join(sorted(set(assembly.regions)))}, and names no other")


def place(site: Site, assembly: Assembly, region: str) -> Iterator[Check]:
    """One region: who we are there, whether it is bootstrapped, and whether there is room."""
    try:
        yield identity(site, region)
    except DrError as error:
        yield failed(f"credentials {region}", error.message, error.hint or "Set AWS_PROFILE, or log in again.")
        return
    if assembly.bootstrap_parameter:
        yield bootstrap(site, assembly, region)
    yield from quotas(site, assembly, region)


def identity(site: Site, region: str) -> Check:
    (account, arn), wanted, name = caller(site, region), site.config.deployment.account, f"credentials {region}"
    if account != wanted:
        way_out = "Use that account's credentials, or correct deployment.account."
        return failed(name, f"account {account}, but deployment.account is {wanted}", way_out)
    return ok(name, arn)


def bootstrap(site: Site, assembly: Assembly, region: str) -> Check:
    """https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html: the version stands in a parameter."""
    name, wanted = f"bootstrap {region}", assembly.bootstrap
    way_out = f"`npx --prefix infra cdk bootstrap aws://{site.config.deployment.account}/{region}`"
    try:
        with aws_errors("ssm", region, "GetParameter"):
            client = site.aws.client("ssm", region, purpose=Purpose.DEPLOY)
            found = int(client.get_parameter(Name=assembly.bootstrap_parameter)["Parameter"]["Value"])
    except DrError as error:
        return failed(name, "not bootstrapped", way_out) if is_gone(error) else unknown(name, error)
    if found < wanted:
        return failed(name, f"version {found}, at least {wanted} is needed", way_out)
    return ok(name, f"version {found}")


def frozen(found: Iterable[Marked]) -> Iterator[Check]:
    """One line where nothing is frozen, else one for each marker that stands or cannot be read."""
    seen = list(found)
    for one in seen:
        if one.stands:
            yield failed("freeze", one.sentence, "`dr deploy apply` refuses meanwhile: docs/freeze.md.")
        elif one.stands is None:
            yield Check(name="freeze", state=CheckState.UNKNOWN, detail=one.sentence)
    if all(one.stands is False for one in seen):
        yield ok("freeze", f"none of {len(seen)} markers stands")


def headless(config: Config) -> Iterator[Check]:
    """A pilot light has no instance in its standbys' databases: a failover needs a way to one. Pure.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-attach.console.headless.html
    """
    for name, app in config.applications.items():
        made = any(entry.aurora_readers for entry in app.capacity)
        on_aurora = app.database is not None and app.database.aurora_global is not None
        if config.deployment.size is Size.PILOT_LIGHT and on_aurora and not made:
            told = f"{name}: its standbys' database has no instance, and no run makes one: a failover is blocked"
            yield warning("size", told, "Declare `aurora_readers` under its `capacity`, or choose a larger size.")


def ids(site: Site) -> Check:
    paths = tuple(unset(site.config))
    if not paths:
        return ok("ids", "every id in dr.yaml is one of AWS's")
    told = f"{len(paths)} only stand for ids that AWS will assign: {', '.join(paths)}"
    return warning("ids", told, "After the first `dr deploy apply`: `dr deploy sync --write`.")
