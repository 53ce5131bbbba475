"""Claims are written one way only, and say the same words as Slack."""

import pytest

from commands.table import COMMANDS
from dr_core.approvals.authority import Role
from dr_core.aws.caller import endpoints
from dr_core.errors import RefusedError, UsageError
from dr_core.terminal.claim import Claim, Verb, hash_of, new_nonce, read_claim
from dr_core.terminal.proof import read_proof
from dr_core.terminal.verbs import USES


def test_every_operation_of_the_command_language_has_its_verb() -> None:
    assert {command.name for command in COMMANDS if command.operation} == {verb.value for verb in Verb}


def test_a_terminal_asks_for_the_same_roles_as_slack() -> None:
    for command in (one for one in COMMANDS if one.operation):
        wanted = {command.needs.value, *(["approver"] if command.approver_too else [])}
        assert {role.value for role in USES[Verb(command.name)].roles} == wanted, command.name
    assert all(Role.VIEWER not in use.roles for use in USES.values())


def test_a_claim_reads_as_it_was_written() -> None:
    claim = Claim(nonce=new_nonce(), verb=Verb.FAILOVER, application="shop", target="eu-west-1", reason='"é"\u2028')
    assert read_claim(claim.canonical()) == claim
    assert len(hash_of(claim.canonical())) == 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        '{"nonce":"' + "a" * 32 + '","verb":"explode","version":1}',
        '{"nonce":"short","verb":"brake off","version":1}',
        '{"nonce":"' + "a" * 32 + '","verb":"brake off","version":2}',
        '{"nonce":"' + "a" * 32 + '","verb":"approve","version":1}',
        '{"every":true,"nonce":"' + "a" * 32 + '","verb":"brake off","version":1}',
        '{"every":true,"nonce":"' + "a" * 32 + '","verb":"failback","version":1}',
        '{"application":"shop","every":true,"nonce":"' + "a" * 32 + '","target":"eu-west-1","verb":"failover",'
        '"version":1}',
        '{"nonce":"' + "a" * 32 + '","verb":"brake off","version":1,"more":1}',
        '{"verb":"brake off","nonce":"' + "a" * 32 + '","version":1}',
        '{"nonce":"' + "a" * 32 + '","nonce":"' + "b" * 32 + '","verb":"brake off","version":1}',
        " " * 9000,
    ],
)
def test_anything_else_is_no_claim(text: str) -> None:
    with pytest.raises(UsageError):
        read_claim(text)


@pytest.mark.parametrize("text", ["", "[]", '{"requests": []}', '{"requests": [{"headers": {}, "url": "http://x"}]}'])
def test_a_proof_is_headers_only(text: str) -> None:
    with pytest.raises(RefusedError):
        read_proof(text)


def test_each_regions_own_sts_is_asked_and_an_endpoint_of_the_settings_wins() -> None:
    regional = endpoints(["eu-west-1", "eu-central-1", "eu-west-1", "cn-north-1"])
    assert [one.host for one in regional] == [
        "sts.eu-west-1.amazonaws.com", "sts.eu-central-1.amazonaws.com", "sts.cn-north-1.amazonaws.com.cn",
    ]  # fmt: skip
    [only] = endpoints(["eu-west-1", "eu-central-1"], "http://127.0.0.1:4566")
    assert (only.host, only.url, only.region) == ("127.0.0.1:4566", "http://127.0.0.1:4566/", "eu-west-1")
