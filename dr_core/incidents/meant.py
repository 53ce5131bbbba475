"""Which incident somebody means: named by its id, by a request or run of it, or the only one that is open."""

from dr_core.errors import ConflictError, NotFoundError, UsageError
from dr_core.execution.model import Run
from dr_core.incidents.model import Incident, belongs
from dr_core.store import incidents, requests, runs
from dr_core.store.engine import Tx


def meant(tx: Tx, named: str | None) -> Incident:
    """An open incident. NotFoundError, ConflictError for one that was closed, UsageError where several could be it."""
    if named is None:
        return _only(incidents.open_ones(tx), "Several incidents are open")
    found = _of_request(tx, named) if named.startswith(("r-", "run-")) else incidents.get(tx, named)
    if found.closed_at is not None:
        at = f"{found.closed_at:%Y-%m-%d %H:%M:%S}Z"
        raise ConflictError(f"Incident {found.id} was closed by {found.closed_by} at {at}.")
    return found


def _of_request(tx: Tx, named: str) -> Incident:
    run: Run | None
    if named.startswith("run-"):
        run = runs.get(tx, named)
        request = requests.get(tx, run.request)
    else:
        request, run = requests.get(tx, named), runs.of_request(tx, named)
    open_ones = tuple(one for one in incidents.open_ones(tx) if belongs(one, request, run))
    if not open_ones:
        raise NotFoundError(f"No open incident has {named}.", hint="`incidents` lists them.")
    return _only(open_ones, f"Several open incidents have {named}")


def _only(found: tuple[Incident, ...], several: str) -> Incident:
    if not found:
        raise NotFoundError("No incident is open.", hint='`incident "TEXT"` opens one.')
    if len(found) > 1:
        each = ", ".join(f"{one.id} ({one.application or 'all applications'})" for one in found)
        raise UsageError(f"{several}: {each}.", hint="Name the one that you mean.")
    return found[0]
