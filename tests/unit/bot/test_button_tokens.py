"""A button's token stands for one action of one request: on another button it is as good as a forged one."""

import pytest

from bot.buttons import _meaning
from dr_core.approvals.tokens import ACTIONS, tokens
from dr_core.errors import NotFoundError
from dr_core.services import Services
from tests.unit.approvals.conftest import ask, services

__all__ = ["services"]


@pytest.mark.parametrize("action", ACTIONS)
def test_the_token_of_another_action_is_none(services: Services, action: str) -> None:
    request = ask(services)
    given = services.store.read(lambda tx: tokens(tx, request.id, 1))
    use, meant = services.store.read(lambda tx: _meaning(tx, action, given[action]))
    assert (use.action, meant.id) == (action, request.id)
    for other in set(ACTIONS) - {action}:
        with pytest.raises(NotFoundError, match="not one of mine"):
            services.store.read(lambda tx, other=other: _meaning(tx, action, given[other]))
