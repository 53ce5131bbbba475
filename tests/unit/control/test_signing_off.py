"""Lost writes are signed off by another person than who caused them, told by person and by account."""

from typing import Any

import pytest

from dr_core.approvals.model import Actor, Face
from dr_core.errors import RefusedError
from dr_core.reconciliation.model import Item, ItemKind, Lost
from dr_core.reconciliation.signing import sign
from dr_core.store import reconciliations, reviews
from tests.unit.approvals.conftest import CENTRAL


def test_whoever_broke_the_glass_signs_under_no_other_name_of_the_same_account(room: Any) -> None:
    """dr.yaml may have come to name the account, or not to name it any more, since."""
    run = room.run(room.approved())
    holder = Actor(person="person:a-former-name", display="Ada", face=Face.TERMINAL, slack_user="U0ADA")
    lost = Lost(region=CENTRAL, cluster="shop-eu-central-1", loss_s=12.0)
    item = Item(
        id="w-1",
        kind=ItemKind.NOT_FOUND,
        application="shop",
        subject=run.id,
        opened_at=room.services.clock.now(),
        run=run.id,
        lost=lost,
    )
    room.services.store.write(lambda tx: reconciliations.add(tx, item))
    room.services.store.write(lambda tx: reviews.add(tx, "v-1", "break_glass", run.request, holder, "nobody answers"))
    with pytest.raises(RefusedError, match="You broke the glass for"):
        sign(room.services, "w-1", actor=room.person("U0ADA"), note="looks fine to me")
    assert sign(room.services, "w-1", actor=room.person("U0GRACE"), note="12 orders by hand").signed_by
