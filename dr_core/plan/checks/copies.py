"""What is copied beside the database and is not simply moved with it: secrets that stay replicas, or are torn off."""

from collections.abc import Iterator

from dr_core.plan.checks.case import Case, info, warning
from dr_core.plan.kinds.promote_secrets import GIVE_UP
from dr_core.plan.step import Finding


def findings(case: Case) -> tuple[Finding, ...]:
    return tuple(_secrets(case))


def _secrets(case: Case) -> Iterator[Finding]:
    """A replica can be read without its primary, and can be changed only there."""
    names, source, target = case.app.secrets, case.plan.source, case.plan.target
    if not names or not case.forced:
        return
    if GIVE_UP in case.plan.overrides:
        message = (
            f"The secrets in {target} are torn off their primaries for good: nothing is replicated to them any more."
        )
        way_out = f"Afterwards replicate them anew from {target}; until then each region has secrets of its own."
        yield warning(GIVE_UP, message, evidence=", ".join(names), way_out=way_out)
        return
    message = f"While {source} is away, secrets whose primary is there can be read in {target} and not be changed."
    way_out = f"Only where {source} is given up for good: --override {GIVE_UP}"
    yield info("secrets-stay-replicas", message, evidence=", ".join(names), way_out=way_out)
