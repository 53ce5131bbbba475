"""What the last forced failover gave up: a way home waits until another person has dealt with it. Pure."""

from collections.abc import Iterator

from dr_core.plan.checks.case import Case, blocking, warning
from dr_core.plan.step import Finding

LOST_WRITES = "lost-writes"
_NOT_KNOWN = "lost-writes-unknown"


def findings(case: Case) -> tuple[Finding, ...]:
    return tuple(_found(case))


def _found(case: Case) -> Iterator[Finding]:
    if not case.homeward:
        if case.unsigned and case.app.database is not None:
            ids = ", ".join(item for item, _ in case.unsigned)
            message = f"Lost writes of an earlier failover are not signed off yet: {ids}."
            yield warning("lost-writes-open", message, way_out="`reconcile list` tells what they are.")
        return
    for item, sentence in case.unsigned:
        message = f"Lost writes are not signed off ({item}): once the primary is back home they are easily forgotten."
        way_out = f"Another approver looks at them and types: reconcile sign {item} --note TEXT."
        yield blocking(LOST_WRITES, message, evidence=sentence, way_out=way_out)
    for sentence in case.unknown_losses:
        message = "Whether writes were lost that can still be saved is not known yet."
        way_out = "A worker looks for them and opens an item: wait a minute, then see `reconcile list`."
        yield blocking(_NOT_KNOWN, message, evidence=sentence, way_out=way_out)
