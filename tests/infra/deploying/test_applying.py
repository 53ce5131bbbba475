"""How `dr deploy apply` goes: what it refuses, in which passes it deploys, and that a second call goes on."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from commands.rendering.text import render
from dr_core.clock import ManualClock
from dr_core.errors import ConfigError, DeniedError, RefusedError, RejectedError, UnreachableError
from dr_core.freeze.memory import MemoryMarkers
from dr_core.topology.deployment import Size
from infra.config import read_config
from infra.deploying import applying, planning
from infra.deploying.assembly import Assembly, Source, Stack
from infra.deploying.cdk import CdkCli
from infra.deploying.changes import Act, Change
from infra.deploying.cloudformation import Standing
from infra.deploying.frozen import markers, refuse_frozen
from infra.deploying.planning import plan
from infra.deploying.site import synthesize
from tests.infra.synthesized import EXAMPLE

REGION = "eu-west-1"
KEYS = Stack("keys", REGION, "1", "shop", {"Resources": {"Key": {"Type": "AWS::KMS::Key"}}})
COPY = Stack("copy", "eu-central-1", "1", "shop", {}, parameters={"Key": Source("keys", REGION, "Id")})
HERE = Stack("here", REGION, "1", "shop", {}, switches={"BothStand": frozenset({"there"})})
THERE = Stack("there", "eu-central-1", "1", "shop", {}, frozenset({"here"}))


@dataclass
class Account:
    """Stands in for the CDK CLI and CloudFormation alike: what was deployed stands, with the outputs it was told."""

    outputs: dict[str, dict[str, str]] = field(default_factory=lambda: {"keys": {"Id": "mrk-1"}})
    fails: set[str] = field(default_factory=set)
    would: dict[str, tuple[Change, ...]] = field(default_factory=dict)
    stands: dict[str, Standing] = field(default_factory=dict)
    calls: list[tuple[list[str], dict[str, str]]] = field(default_factory=list)
    at: datetime = datetime(2026, 1, 5, tzinfo=UTC)
    number: str = "111122223333"
    besides: tuple[Standing, ...] = ()
    closed: frozenset[str] = frozenset()

    def client(self, service: str, region: str, **options: Any) -> Any:
        told = {"Account": self.number, "Arn": f"arn:aws:iam::{self.number}:user/me"}
        return SimpleNamespace(get_caller_identity=lambda: told)

    def owned(self, region: str, owner: str) -> tuple[Standing, ...]:
        if region in self.closed:
            raise DeniedError(f"cloudformation:DescribeStacks in {region} is denied.")
        return tuple(one for one in (*self.stands.values(), *self.besides) if one.region == region)

    def deploy(
        self, folder: Path, stacks: list[str], parameters: Iterable[tuple[str, str, str]], tell: Any, *,
        prepare: str | None = None,
    ) -> None:  # fmt: skip
        if moved := [one for one in stacks if one in self.stands and self.stands[one].stuck]:
            raise RejectedError(f"The CDK CLI ended with code 1: {moved}")
        if prepare:
            return
        given = {f"{stack}:{name}": value for stack, name, value in parameters}
        self.calls.append((stacks, given))
        for name in stacks:
            if name in self.fails:
                self.stands[name] = Standing(name, REGION, "ROLLBACK_COMPLETE", changed_at=self.at)
                raise RejectedError(f"The CDK CLI ended with code 1: {name} failed")
            if name not in self.stands:
                self.stands[name] = Standing(name, REGION, "CREATE_COMPLETE", "", self.at, self.outputs.get(name, {}))

    def compared(self, name: str, region: str, change_set: str) -> tuple[Change, ...]:
        return self.would.get(name, ())

    def forget(self, name: str, region: str, change_set: str) -> None:
        pass

    def failures(self, name: str, region: str, since: datetime) -> tuple[str, ...]:
        return ("Table (AWS::DynamoDB::GlobalTable): the name is taken",)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> MemoryMarkers:
    """The markers of freezes, in memory."""
    found = MemoryMarkers()
    for module in (applying, planning):
        monkeypatch.setattr(module, "SsmMarkers", lambda aws: found)
    return found


def site(account: Account, *stacks: Stack) -> Any:
    assembly = Assembly(Path("nowhere"), {stack.name: stack for stack in stacks})
    return SimpleNamespace(
        config=read_config(EXAMPLE), assembly=assembly, cli=account, formation=account, aws=account,
        clock=ManualClock(), tell=lambda line: None, pause=lambda: None, standing=lambda: dict(account.stands),
    )  # fmt: skip


def apply(account: Account, *stacks: Stack, allowed: tuple[str, ...] = (), agreed: bool = True) -> Any:
    return applying.apply(site(account, *stacks), only=(), allowed=allowed, confirm=lambda made: agreed)


def test_a_value_is_filled_in_by_the_phase_before(told: MemoryMarkers) -> None:
    account = Account()
    report = apply(account, KEYS, COPY)
    assert account.calls == [(["keys"], {}), (["copy"], {"copy:Key": "mrk-1"})]
    assert report.ok
    assert [one.outcome for one in report.stacks] == ["made", "made"]


def test_what_two_stacks_need_of_each_other_is_switched_on_in_a_second_pass(told: MemoryMarkers) -> None:
    account = Account()
    apply(account, HERE, THERE)
    assert account.calls == [(["here", "there"], {"here:BothStand": "no"}), (["here"], {"here:BothStand": "yes"})]
    account.calls.clear()
    apply(account, HERE, THERE)
    assert account.calls == [(["here", "there"], {"here:BothStand": "yes"})]


def test_a_failure_is_named_and_the_next_call_goes_on(told: MemoryMarkers) -> None:
    account = Account(fails={"copy"})
    first = apply(account, KEYS, COPY)
    assert not first.ok
    assert [(one.stack, one.outcome) for one in first.stacks] == [("keys", "made"), ("copy", "failed")]
    assert first.stacks[1].why == ("Table (AWS::DynamoDB::GlobalTable): the name is taken",)
    account.fails.clear()
    del account.stands["copy"]  # the CLI deletes what never stood
    second = apply(account, KEYS, COPY)
    assert second.ok
    assert [one.outcome for one in second.stacks] == ["unchanged", "made"]


def test_nothing_is_lost_that_nobody_has_named(told: MemoryMarkers) -> None:
    gone = Change(resource="Key", kind="AWS::KMS::Key", act=Act.REMOVE, holds="whatever is encrypted with it")
    account = Account(would={"keys": (gone,)})
    account.stands["keys"] = Standing("keys", REGION, "CREATE_COMPLETE", "", account.at, {"Id": "mrk-1"})
    with pytest.raises(RefusedError, match=r"keys/Key \(AWS::KMS::Key\): remove; it holds whatever") as refused:
        apply(account, KEYS)
    assert "--allow-destructive keys/Key" in str(refused.value)
    assert account.calls == []
    apply(account, KEYS, allowed=("keys/Key",))
    assert account.calls == [(["keys"], {})]


def test_what_could_not_be_compared_before_is_compared_before_it_is_done(told: MemoryMarkers) -> None:
    gone = Change(resource="Table", kind="AWS::DynamoDB::GlobalTable", act=Act.REPLACE)
    account = Account(would={"copy": (gone,)})
    account.stands["copy"] = Standing("copy", REGION, "CREATE_COMPLETE", "", account.at)
    report = apply(account, KEYS, COPY)
    assert not report.ok
    assert "copy/Table" in report.error
    assert account.calls == [(["keys"], {})]


def test_without_consent_nothing_is_deployed(told: MemoryMarkers) -> None:
    account = Account()
    with pytest.raises(RefusedError, match="nobody agreed"):
        apply(account, KEYS, agreed=False)
    assert account.calls == []


def test_a_freeze_refuses_everything(told: MemoryMarkers) -> None:
    told.texts["/dr/freeze/shop", REGION] = "{}"
    account = Account()
    with pytest.raises(RefusedError, match=r"shop is frozen: .*/dr/freeze/shop in eu-west-1 stands") as refused:
        apply(account, KEYS)
    assert "unfreeze shop" in str(refused.value)
    assert account.calls == []


def test_a_freeze_that_begins_while_somebody_reads_the_plan_refuses(told: MemoryMarkers) -> None:
    def agreed(made: Any) -> bool:
        told.texts["/dr/freeze/shop", REGION] = "{}"
        return True

    account = Account()
    with pytest.raises(RefusedError, match="shop is frozen"):
        applying.apply(site(account, KEYS), only=(), allowed=(), confirm=agreed)
    assert account.calls == []


@pytest.mark.parametrize(("stacks", "done"), [((KEYS, COPY), ["keys"]), ((HERE, THERE), ["here", "there"])])
def test_a_freeze_that_begins_meanwhile_stops_before_the_next_pass(
    told: MemoryMarkers, stacks: tuple[Stack, ...], done: list[str]
) -> None:
    """Before the next phase, and before the pass that switches on."""

    class Moving(Account):
        def deploy(self, *given: Any, **options: Any) -> None:
            super().deploy(*given, **options)
            told.texts["/dr/freeze/shop", REGION] = "{}"

    account = Moving()
    report = apply(account, *stacks)
    assert not report.ok
    assert "shop is frozen" in report.error
    assert [names for names, _ in account.calls] == [done]


def test_what_the_last_pass_would_lose_is_refused_too(told: MemoryMarkers) -> None:
    gone = Change(resource="Goods", kind="AWS::S3::Bucket", act=Act.REPLACE)
    account = Account(would={"here": (gone,)})
    report = apply(account, HERE, THERE)
    assert "here/Goods" in report.error
    assert [names for names, _ in account.calls] == [["here", "there"]]
    account.calls.clear()
    assert apply(account, HERE, THERE, allowed=("here/Goods",)).ok


def test_a_phase_that_was_never_reached_is_not_called_unchanged(told: MemoryMarkers) -> None:
    account = Account(fails={"keys"})
    account.stands["copy"] = Standing("copy", "eu-central-1", "CREATE_COMPLETE", "", account.at)
    report = apply(account, KEYS, COPY)
    assert [(one.stack, one.outcome) for one in report.stacks] == [("keys", "failed"), ("copy", "not begun")]


def test_an_update_that_was_undone_earlier_does_not_fail_for_ever(told: MemoryMarkers) -> None:
    account = Account()
    account.stands["keys"] = Standing("keys", REGION, "UPDATE_ROLLBACK_COMPLETE", "", account.at, {"Id": "mrk-1"})
    report = apply(account, KEYS)
    assert (report.ok, report.stacks[0].outcome) == (True, "unchanged")


def test_another_account_is_refused_before_anything_is_asked(told: MemoryMarkers) -> None:
    account = Account(number="999999999999")
    with pytest.raises(RefusedError, match=r"credentials of account 999999999999 .*111122223333"):
        apply(account, KEYS)
    assert account.calls == []


def test_stacks_that_the_file_no_longer_makes_are_named_and_refuse(told: MemoryMarkers) -> None:
    """The newest goes first: what was made before it may be used by it. A region that is not asked is said."""
    account = Account()
    account.besides = tuple(
        Standing(name, region, "CREATE_COMPLETE", made_at=account.at.replace(day=day))
        for name, region, day in (("network", "eu-central-1", 1), ("certificate", "us-east-1", 3), ("cdn", REGION, 2))
    )
    made = plan(site(account, KEYS))
    assert [one.stack for one in made.leftovers] == ["certificate", "cdn", "network"]
    assert made.unasked == {}
    assert made.estimate is not None
    assert any("cdn, which stands in eu-west-1" in one for one in made.estimate.unknown)
    assert "certificate in us-east-1: CREATE_COMPLETE" in render(made)
    with pytest.raises(RefusedError, match=r"certificate \(us-east-1\), cdn \(eu-west-1\), network"):
        apply(account, KEYS)
    assert account.calls == []
    assert apply(account, KEYS, allowed=("certificate", "cdn", "network")).ok


def test_where_nobody_could_look_for_leftovers_some_may_stand(told: MemoryMarkers) -> None:
    account = Account(closed=frozenset({"us-west-2"}))
    made = plan(site(account, KEYS))
    assert made.unasked == {"us-west-2": "cloudformation:DescribeStacks in us-west-2 is denied."}
    assert "whether us-west-2 has stacks that dr.yaml no longer makes is not known" in " ".join(render(made).split())
    with pytest.raises(UnreachableError, match="--allow-destructive us-west-2"):
        apply(account, KEYS)
    assert account.calls == []
    assert apply(account, KEYS, allowed=("us-west-2",)).ok


def test_a_stack_that_takes_no_change_holds_up_itself_and_no_other(told: MemoryMarkers) -> None:
    account = Account()
    account.stands["copy"] = Standing("copy", "eu-central-1", "UPDATE_ROLLBACK_FAILED", "", account.at)
    here = site(account, KEYS, COPY)
    command = "aws cloudformation continue-update-rollback --region eu-central-1 --stack-name copy"
    keys, copy = plan(here).stacks
    assert keys.waits == ()
    assert f"UPDATE_ROLLBACK_FAILED: {command}" in copy.waits
    report = apply(account, KEYS, COPY)
    assert [one.outcome for one in report.stacks] == ["made", "failed"]
    assert command in report.error
    assert [names for names, _ in account.calls] == [["keys"]]


def test_what_went_wrong_is_told_where_nobody_can_say_any_more_what_stands(told: MemoryMarkers) -> None:
    here, asked = site(Account(fails={"keys"}), KEYS), list[int]()

    def standing() -> dict[str, Standing]:
        asked.append(1)
        if len(asked) > 3:
            raise UnreachableError("CloudFormation did not answer in time.")
        return {}

    here.standing = standing
    with pytest.raises(UnreachableError, match=r"keys failed.* CloudFormation did not answer"):
        applying.apply(here, only=(), allowed=(), confirm=lambda made: True)


@pytest.mark.parametrize(("words", "told"), [("sleep 5", "does not answer within"), ("exit 3", "does not start")])
def test_a_cli_that_hangs_or_ends_is_no_traceback(words: str, told: str, tmp_path: Path) -> None:
    binary = tmp_path / "cdk"
    binary.write_text(f"#!/bin/sh\nexec {words}\n" if words.startswith("sleep") else f"#!/bin/sh\n{words}\n")
    binary.chmod(0o755)
    with pytest.raises(ConfigError, match=told):
        CdkCli(dict(os.environ), binary).version(timeout_s=0.2)


def test_templates_that_take_too_long_or_have_no_folder_are_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"not made within 0\.01 seconds"):
        synthesize(EXAMPLE, tmp_path, Size.PILOT_LIGHT, CdkCli({}), timeout_s=0.01)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="cannot be made: No such file"):
        synthesize(EXAMPLE, tmp_path, Size.PILOT_LIGHT, CdkCli({}))


def test_a_marker_that_cannot_be_read_might_stand() -> None:
    def silent(operation: str, region: str) -> None:
        if region == REGION:
            raise UnreachableError("ssm GetParameter in eu-west-1 did not answer in time.")

    found = list(markers(read_config(EXAMPLE), MemoryMarkers(silent)))
    assert {(one.region, one.stands) for one in found} == {(REGION, None), ("eu-central-1", False)}
    with pytest.raises(UnreachableError, match="not known"):
        refuse_frozen(found)


def test_a_stack_that_still_moves_is_waited_for(told: MemoryMarkers) -> None:
    account = Account()
    account.stands["keys"] = Standing("keys", REGION, "UPDATE_IN_PROGRESS", "", account.at, {"Id": "mrk-1"})
    here = site(account, KEYS)
    paused = []

    def pause() -> None:
        paused.append(len(account.calls))
        account.stands["keys"] = replace(account.stands["keys"], status="UPDATE_COMPLETE")

    here.pause = pause
    planned = plan(here).stacks
    assert [one.waits for one in planned] == [("the change that is under way",)]
    applying.apply(here, only=(), allowed=(), confirm=lambda made: True)
    assert paused == [0]
    assert account.calls == [(["keys"], {})]


def test_an_interrupted_call_says_that_aws_goes_on(told: MemoryMarkers) -> None:
    account = Account()
    here, lines = site(account, KEYS), list[str]()
    here.tell = lines.append

    def interrupted(*given: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    here.cli = SimpleNamespace(deploy=interrupted)
    with pytest.raises(KeyboardInterrupt):
        applying.apply(here, only=(), allowed=(), confirm=lambda made: True)
    assert "CloudFormation finishes what it has begun" in lines[-1]
