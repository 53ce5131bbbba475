"""`dr deploy sync`: ids that AWS assigned into `dr.yaml`, and what a standby lacks of secrets, parameters and flags.

Values go from region to region through AWS's API alone: nobody sees them, nothing keeps them.
"""

from collections.abc import Iterator, Mapping

from dr_core.errors import DrError
from infra.deploying import dr_yaml
from infra.deploying.assembly import Stack
from infra.deploying.cloudformation import Standing
from infra.deploying.copying import Copies
from infra.deploying.model import CopyLine, IdLine, SyncReport
from infra.deploying.site import Site


def sync(site: Site, *, write: bool) -> SyncReport:
    """Without `write` it only says what it would do."""
    before = dr_yaml.read(site.path)
    standing = site.standing()
    ids = tuple(assigned(site.assembly.stacks, standing, before))
    after = dr_yaml.written(before, {line.path: line.value for line in ids}) if ids else before
    copies = tuple(_copied(site, write))
    if write and after != before:
        dr_yaml.replace(site.path, before, after)
    waiting = [stack.name for stack in site.assembly.stacks.values() if stack.writes and stack.name not in standing]
    return SyncReport(
        at=site.clock.now(),
        ok=not any(line.problem for line in copies),
        path=str(site.path),
        written=write and after != before,
        ids=ids,
        diff=dr_yaml.diff(str(site.path), before, after),
        copies=copies,
        notes=tuple(f"{name} is not deployed yet: its ids are not known" for name in waiting),
    )


def assigned(stacks: Mapping[str, Stack], standing: Mapping[str, Standing], text: str) -> Iterator[IdLine]:
    """Every id that has another value than what stands at its place. Pure."""
    for stack in stacks.values():
        outputs = standing[stack.name].outputs if stack.name in standing else {}
        for path, output in stack.writes.items():
            value, now = outputs.get(output), dr_yaml.value_at(text, path)
            if value is not None and value != now:
                yield IdLine(path=path, now=now or "", value=value)


def _copied(site: Site, write: bool) -> Iterator[CopyLine]:
    copies = Copies(site.aws)
    for name, app in site.config.applications.items():
        site.tell(f"comparing what {name} keeps in its regions ...")
        for found in copies.missing(app, site.config.home(name)):
            if not write or found.problem:
                yield found
                continue
            try:
                copies.make(app, found)
            except DrError as error:
                yield found.model_copy(update={"problem": error.message})
            else:
                yield found.model_copy(update={"done": True})
