"""Everything that a topology names exists in the local Slack."""

from typing import Any

import pytest

from bot.sandbox.people import REQUESTER, population_of
from bot.sandbox.slack.escaping import escaped
from bot.sandbox.slack.workspace import Workspace
from dr_core.clock import ManualClock
from dr_core.topology.model import Topology


def topology(**changes: Any) -> Topology:
    body: dict[str, Any] = {
        "version": 1,
        "residency": {"allowed_regions": ["us-east-2", "us-west-2"]},
        "control_region": "us-west-2",
        "slack": {"incident_channel": "C0OUTAGES", "digest_channel": "C0DAILY"},
        "people": [{"name": "Grace Hopper", "slack": "U0GRACE"}, {"name": "No Slack"}],
        "approval": {"approvers": {"usergroup": "S0OPS"}, "break_glass": {"users": ["U0LEAD", "W0SECOND"]}},
        "applications": {"till": {"primary": "us-east-2", "standby": ["us-west-2"]}},
    }
    return Topology.model_validate({**body, **changes})


def test_everybody_named_is_a_member_of_both_channels_with_a_name_of_their_own() -> None:
    population = population_of(topology())
    people = {user.id: user for user in population.users if not user.is_bot}
    assert {"U0GRACE", "U0LEAD", "W0SECOND", REQUESTER} <= set(people)
    assert people["U0GRACE"].real_name == "Grace Hopper"
    assert (
        len({user.real_name for user in people.values()})
        == len({user.handle for user in people.values()})
        == len(people)
    )
    assert [channel.id for channel in population.channels] == ["C0OUTAGES", "C0DAILY"]
    assert all(set(people) <= set(channel.members) for channel in population.channels)


def test_a_named_user_group_has_three_invented_members_and_the_requester_is_none_of_them() -> None:
    [group] = population_of(topology()).groups
    assert (group.id, len(set(group.users))) == ("S0OPS", 3)
    assert REQUESTER not in group.users


def test_one_channel_for_both_uses_exists_once() -> None:
    slack = {"incident_channel": "C0ONE", "digest_channel": "C0ONE"}
    assert [channel.id for channel in population_of(topology(slack=slack)).channels] == ["C0ONE"]


def test_the_population_is_the_same_at_every_start() -> None:
    assert population_of(topology()) == population_of(topology())


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("@grace in #dr-incident", "<@U0GRACE|grace> in <#C0OUTAGES|dr-incident>"),
        ("ask @dr-approvers", "ask <!subteam^S0OPS|@dr-approvers>"),
        ("mail a@grace or @nobody", "mail a@grace or @nobody"),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
def test_mentions_in_commands_become_ids(typed: str, sent: str) -> None:
    assert escaped(typed, Workspace(population_of(topology()), ManualClock())) == sent
