"""A button's token stands for one action of one request: on another button it is as good as a forged one."""

import pytest

from bot.buttons import _meaning, _words
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


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("renew", ["renew", "ID", "--round=1"]),
        ("cancel", ["cancel", "ID", "--round=1"]),
        ("resume", ["run", "resume", "ID"]),
    ],
)
def test_what_ends_a_round_or_opens_one_names_the_round_that_was_looked_at(
    services: Services, action: str, words: list[str]
) -> None:
    request = ask(services)
    use, meant = services.store.read(lambda tx: _meaning(tx, action, tokens(tx, request.id, 1)[action]))
    assert _words(action, use, meant) == [request.id if word == "ID" else word for word in words]
