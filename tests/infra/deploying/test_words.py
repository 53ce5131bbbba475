"""How a deployment is told: what would be lost is seen, an estimate is never more certain than it is."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from commands import deploy
from commands.cli import main
from commands.rendering.deploy_report import markdown_of
from commands.rendering.text import render
from commands.sizes import page
from dr_core.doctor.result import Check, CheckState
from infra.deploying.changes import Act, Change
from infra.deploying.model import (
    ApplyReport,
    Bill,
    CheckReport,
    CopyLine,
    DeployPlan,
    DeployReport,
    Estimate,
    IdLine,
    StackPlan,
    StackReport,
    StackResult,
    SyncReport,
)  # fmt: skip
from infra.deploying.validating import validation
from infra.prices import read_prices

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
COST = Estimate(
    size="pilot-light",
    bills=(Bill(region="eu-west-1", usd=Decimal("120.50"), unknown=("2 x a database in eu-west-1",)),),
    usd=Decimal("120.50"), currency="EUR", total=Decimal("110.86"), monthly=Decimal(100), burst=Decimal(200),
    fits="does not fit: more than the monthly budget of 100", assumptions=("a month of 730 hours",),
    unknown=("traffic",), prices_of="2026-11-23", rto=("slow",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("states", "code", "verdict"),
    [
        ((CheckState.OK, CheckState.WARNING), 0, "Nothing failed."),
        ((CheckState.OK, CheckState.UNKNOWN), 4, "Nothing failed, 1 not known."),
        ((CheckState.FAILED, CheckState.UNKNOWN), 1, "1 failed, 1 not known."),
    ],
)
def test_what_nobody_could_tell_is_no_success(
    states: tuple[CheckState, ...], code: int, verdict: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    found = validation(AT, [Check(name=f"check {state}", state=state, detail="seen") for state in states])
    monkeypatch.setattr(deploy, "validate", lambda _: found)
    assert main(["deploy", "validate"]) == code
    assert capsys.readouterr().out.splitlines()[-1] == verdict


def test_a_plan_names_what_would_be_lost_and_what_it_holds() -> None:
    gone = Change(resource="Sessions", kind="AWS::DynamoDB::GlobalTable", act=Act.REPLACE, holds="the items of a table")
    smaller = Change(
        resource="Instance2", kind="AWS::RDS::DBInstance", act=Act.LET_GO, physical="shop-eu-2", holds="an instance"
    )
    made = DeployPlan(
        at=AT, left={"the secret dr/slack": "the tokens"}, unset=("applications.shop.health.1.route53.eu-west-1",),
        frozen=("shop is frozen",), estimate=COST,
        stacks=(
            StackPlan(stack="shop-tables", region="eu-west-1", phase=1, status="CREATE_COMPLETE", changes=(gone,)),
            StackPlan(stack="shop-keys", region="eu-west-1", phase=2, status="OLD", waits=("Id of shop-key",)),
            StackPlan(stack="shop-dns", region="eu-west-1", phase=2, status="UPDATE_COMPLETE"),
            StackPlan(stack="shop-database", region="eu-west-1", phase=2, status="CREATE_COMPLETE", changes=(smaller,)),
        ),
    )  # fmt: skip
    text = render(made)
    assert "shop-tables/Sessions (AWS::DynamoDB::GlobalTable): replace; it holds the items of a table" in text
    assert "WOULD BE LOST" in text
    assert "LET GO: it stands on and is paid for" in text
    assert "shop-database/Instance2 (AWS::RDS::DBInstance): shop-eu-2" in text
    assert "not compared" in text
    assert "waits for Id of shop-key" in text
    assert "unchanged" in text
    assert "shop is frozen" in text
    assert "at least EUR 110.86 (USD 120.50)" in text
    assert "2 x a database in eu-west-1" in text


def test_checks_and_failures_are_said_with_their_way_out() -> None:
    bad = Check(name="bootstrap eu-west-1", state=CheckState.FAILED, detail="not bootstrapped", way_out="cdk bootstrap")
    text = render(CheckReport(at=AT, ok=False, checks=(bad,)))
    assert "FAILED" in text
    assert "not bootstrapped -> cdk bootstrap" in text
    failed = StackResult(stack="a", region="eu-west-1", phase=1, outcome="failed", status="ROLLBACK_COMPLETE",
                         why=("Table: the name is taken",))  # fmt: skip
    text = render(ApplyReport(at=AT, ok=False, took_s=61.0, stacks=(failed,), error="code 1", next=("again",)))
    assert "0 of 1 stack stand, after 1 m 1 s" in text
    assert "Table: the name is taken" in text


def test_sync_shows_names_and_the_diff_only() -> None:
    found = SyncReport(
        at=AT, ok=False, path="dr.yaml", written=False, notes=(),
        ids=(IdLine(path="a.b", now="deployed:x", value="hc-1"),), diff=("-a: deployed:x", '+a: "hc-1"'),
        copies=(CopyLine(kind="parameter", name="/shop/x", source="eu-west-1", target="eu-west-3"),
                CopyLine(kind="secret", name="shop/y", source="eu-west-1", target="eu-west-3", problem="denied")),
    )  # fmt: skip
    text = render(found)
    assert "1 id for dr.yaml, not written: --write does it" in text
    assert "missing  parameter  /shop/x" in text
    assert "PROBLEM" in text


def test_a_report_says_what_it_does_not_know() -> None:
    one = StackReport(stack="a", region="eu-west-1", status="UPDATE_COMPLETE", changed_at=AT, by=None, drift="DRIFTED",
                      drifted=("Bucket (AWS::S3::Bucket) modified: /Tags",),
                      notes=("by whom is not known: denied",))  # fmt: skip
    report = DeployReport(at=AT, name="dr", account="111122223333", size="pilot-light", versions={"dr-bot": "0.1.0"},
                          stacks=(one,), left={}, unset=(), estimate=COST)  # fmt: skip
    text = markdown_of(report)
    assert "| a | eu-west-1 | UPDATE\\_COMPLETE | 2026-11-23 12:00:00Z | unknown | DRIFTED |" in text
    assert "modified: /Tags" in text
    assert "denied" in text
    assert "2 x a database" in render(report)


def test_the_page_of_sizes_says_that_a_sum_is_open() -> None:
    text = page([COST], read_prices())
    assert "| pilot-light | at least EUR 110.86 (USD 120.50) | USD 120.50 + ? |" in text
    assert all(f"| {item} |" in text for item in read_prices().prices)
