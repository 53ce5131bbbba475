"""The doctor compares the token's scopes with the manifest's."""

import pytest

from bot import scopes
from dr_core.doctor.result import CheckState


def test_a_token_with_every_scope_is_ok() -> None:
    assert scopes.check(scopes.needed()).state is CheckState.OK
    assert "commands" in scopes.needed()


@pytest.mark.parametrize("lacking", sorted(scopes.needed()))
def test_each_missing_scope_is_named_with_the_way_out(lacking: str) -> None:
    found = scopes.check(scopes.needed() - {lacking})
    assert found.state is CheckState.FAILED
    assert lacking in found.detail
    assert "OAuth & Permissions" in found.way_out


def test_before_slack_answered_the_scopes_are_unknown() -> None:
    assert scopes.check(None).state is CheckState.UNKNOWN
