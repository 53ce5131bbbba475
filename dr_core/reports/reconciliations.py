"""Builds `dr.reconciliations/1`: what forced failovers lost, whether it is kept, and who has dealt with it."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from dr_core.reconciliation.model import Item
from dr_core.reconciliation.unsettled import not_found_yet
from dr_core.reports.model import LostWritesLine
from dr_core.services import Services
from dr_core.store import reconciliations
from dr_core.store.engine import Tx
from dr_core.value import Shown

_SIGNED = 20


class ReconciliationItem(Shown):
    """One item; open while `signed_at` is None. `kept`: how far the copy of its snapshot is; `loss_seconds` None is
    unknown."""

    id: str
    kind: str
    application: str
    run: str
    region: str
    cluster: str
    loss_seconds: float | None
    snapshot: str
    copy_name: str
    kept: str
    expires_at: datetime | None
    opened_at: datetime
    sentence: str
    signed_at: datetime | None
    signed_by: str | None
    note: str


class ReconciliationList(Shown):
    """`unknown`: runs that gave up writes of which nothing was found yet, a sentence each."""

    schema_: Literal["dr.reconciliations/1"] = Field(default="dr.reconciliations/1", alias="schema")
    at: datetime
    unknown: tuple[str, ...] = ()
    open: tuple[ReconciliationItem, ...]
    signed: tuple[ReconciliationItem, ...]


def reconciliation_list(services: Services) -> ReconciliationList:
    """Every open item, oldest first, and the last signed ones."""

    def work(tx: Tx) -> ReconciliationList:
        signed = tuple(item_view(one) for one in reconciliations.signed(tx, _SIGNED))
        waiting = tuple(item_view(one) for one in reconciliations.waiting(tx))
        unknown = tuple(
            one for name in services.topology.applications for one in not_found_yet(tx, services.topology, name)
        )
        return ReconciliationList(at=tx.now(), unknown=unknown, open=waiting, signed=signed)

    return services.store.read(work)


def lost_writes(tx: Tx, application: str) -> tuple[LostWritesLine, ...]:
    """What nobody has signed yet of one application, for its status."""
    return tuple(
        LostWritesLine(id=one.id, sentence=one.sentence, kept=one.lost.kept.value, opened_at=one.opened_at)
        for one in reconciliations.waiting(tx, application)
    )


def item_view(item: Item) -> ReconciliationItem:
    """An item as it is shown."""
    lost = item.lost
    return ReconciliationItem(
        id=item.id,
        kind=item.kind.value,
        application=item.application,
        run=item.run,
        region=lost.region,
        cluster=lost.cluster,
        loss_seconds=lost.loss_s,
        snapshot=lost.snapshot,
        copy_name=lost.copy_name,
        kept=lost.kept.value,
        expires_at=lost.expires_at,
        opened_at=item.opened_at,
        sentence=item.sentence,
        signed_at=item.signed_at,
        signed_by=item.signed_by,
        note=item.note,
    )
