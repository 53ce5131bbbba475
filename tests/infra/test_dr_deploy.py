"""`dr deploy` with the real CDK CLI on the simulated AWS: two small stacks, from an empty account to their last change.

That the stacks of a configuration can be deployed is shown by `test_end_to_end.py`; here it is how a deployment goes.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world.world import World
from commands.rendering.text import render
from dr_core.aws.session import Purpose
from dr_core.clock import SystemClock
from dr_core.doctor.result import CheckState
from dr_core.errors import RefusedError
from dr_core.settings import read_settings
from dr_core.topology.load import load_topology
from infra.config import read_config
from infra.deploying.alarm_states import alarms
from infra.deploying.applying import apply
from infra.deploying.assembly import Stack, read_assembly
from infra.deploying.cdk import CdkCli
from infra.deploying.checking import place
from infra.deploying.dr_yaml import value_at
from infra.deploying.planning import plan
from infra.deploying.reporting import report
from infra.deploying.site import Site, sessions
from infra.deploying.syncing import sync
from infra.notes import COMES_FROM, WRITES
from tests.infra.synthesized import EXAMPLE

HOME, AWAY, ACCOUNT = "eu-central-1", "eu-west-1", "111122223333"
CHECK = f"applications.shop.health.1.route53.{HOME}"
Made = Callable[..., Site]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An account in which nothing stands."""
    made = World(load_topology(EXAMPLE), data_dir=tmp_path / "world", clock=SystemClock(), speed=1000.0, built=False)
    (tmp_path / "world").mkdir()
    endpoints = made.start()
    key, secret = made.credentials(f"arn:aws:iam::{ACCOUNT}:user/dr-terminal")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in {
        "AWS_ENDPOINT_URL": endpoints.aws_url, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": HOME, "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield made
    made.stop()


@pytest.fixture
def deployment(world: World, tmp_path: Path) -> Iterator[Made]:
    """A site whose templates are the two given; dr.yaml is a copy of the example's."""
    path = tmp_path / "dr.yaml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    config, settings = read_config(path), read_settings()
    aws = sessions(config, settings)

    def made(bucket: str, *, queue: bool = True) -> Site:
        folder = _assembly(tmp_path / f"cdk-{bucket}-{queue}", bucket, queue)
        site = Site(path, config, settings, aws, CdkCli.here(), SystemClock(), tmp_path, lambda _: None, lambda: None)
        site.__dict__["assembly"] = read_assembly(folder)
        return site

    yield made
    aws.close()


def test_two_stacks_from_nothing_to_their_last_change(deployment: Made) -> None:
    first = deployment("goods-one")
    assert [(one.stack, one.phase, one.word) for one in plan(first).stacks] == [("near", 1, "new"), ("far", 2, "new")]
    made = _applied(first)
    assert made.ok, made.error
    assert [one.outcome for one in made.stacks] == ["made", "made"]
    told = first.aws.client("ssm", AWAY, purpose=Purpose.DEPLOY).get_parameter(Name="/made/of")
    assert told["Parameter"]["Value"].endswith("/orders"), "the other region's output has been filled in"
    assert [(one.word, one.changes) for one in plan(first).stacks] == [("unchanged", ())] * 2

    synced = sync(first, write=True)
    assert [line.path for line in synced.ids] == [CHECK]
    assert value_at(first.path.read_text(encoding="utf-8"), CHECK) == "goods-one"
    assert sync(first, write=False).ids == ()

    second = deployment("goods-two", queue=False)
    with pytest.raises(RefusedError) as refused:
        _applied(second)
    lost = "near/Goods (AWS::S3::Bucket): replace; it holds the objects of a bucket"
    assert lost in refused.value.message
    assert "near/Orders (AWS::SQS::Queue): remove" in refused.value.message
    changed = _applied(second, "near/Goods", "near/Orders")
    assert [one.outcome for one in changed.stacks] == ["changed", "changed"], changed.error

    found = report(second, drift=False)
    assert [(one.stack, one.status) for one in found.stacks] == [(name, "UPDATE_COMPLETE") for name in ("near", "far")]
    assert "UPDATE_COMPLETE" in render(found)


def test_what_is_missing_is_said_before_anything_is_deployed(world: World, deployment: Made) -> None:
    """No bootstrap, another account, a freeze, a standby that lacks a parameter: each with its way out."""
    site = deployment("goods-one")
    wanting = replace(site.assembly, bootstrap=6, bootstrap_parameter="/cdk-bootstrap/hnb659fds/version")
    named = {check.name: check for check in place(site, wanting, HOME)}
    assert named[f"credentials {HOME}"].state is CheckState.OK
    assert named[f"bootstrap {HOME}"].state is CheckState.FAILED
    assert f"cdk bootstrap aws://{ACCOUNT}/{HOME}" in named[f"bootstrap {HOME}"].way_out

    here = site.aws.client("ssm", HOME, purpose=Purpose.DEPLOY)
    here.put_parameter(Name="/shop/config/limit", Value="a-secret-value", Type="String")
    missing = sync(site, write=False)
    assert [(line.name, line.target, line.done) for line in missing.copies if line.kind == "parameter"] == [
        ("/shop/config/limit", AWAY, False)
    ]
    copied = sync(site, write=True)
    assert [line.done for line in copied.copies if line.kind == "parameter"] == [True]
    assert "a-secret-value" not in copied.model_dump_json()
    there = site.aws.client("ssm", AWAY, purpose=Purpose.DEPLOY)
    assert there.get_parameter(Name="/shop/config/limit")["Parameter"]["Value"] == "a-secret-value"

    here.put_parameter(Name="/dr/freeze/shop", Value="{}", Type="String")
    with pytest.raises(RefusedError, match="shop is frozen"):
        _applied(site)
    assert site.standing() == {}


def test_an_alarm_that_is_raised_gone_or_without_a_figure_is_no_success(deployment: Made) -> None:
    site = deployment("goods-one")
    client = site.aws.client("cloudwatch", HOME, purpose=Purpose.DEPLOY)
    for name, state in (("well", "OK"), ("raised", "ALARM"), ("new", "INSUFFICIENT_DATA")):
        client.put_metric_alarm(
            AlarmName=name, Namespace="AWS/RDS", MetricName="CPUUtilization", Statistic="Maximum", Period=60,
            EvaluationPeriods=1, Threshold=90, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="as it was seen")
    names = ("well", "raised", "new", "never-made")
    template = {
        "Resources": {name: {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": name}} for name in names}
    }
    stacks = {"near": replace(site.assembly.stacks["near"], template=template)}
    found = alarms(_with(site, stacks))
    assert {one.name.removeprefix("alarm "): one.state for one in found} == {
        "well": CheckState.OK, "raised": CheckState.FAILED, "new": CheckState.UNKNOWN, "never-made": CheckState.FAILED
    }  # fmt: skip


def _with(site: Site, stacks: dict[str, Stack]) -> Site:
    made = replace(site)
    made.__dict__["assembly"] = replace(site.assembly, stacks=stacks)
    return made


def _applied(site: Site, *allowed: str) -> Any:
    return apply(site, only=(), allowed=allowed, confirm=lambda made: True)


def _assembly(folder: Path, bucket: str, queue: bool) -> Path:
    """`near` puts out what `far`, in another region, is filled in with; neither needs a bootstrap."""
    folder.mkdir()
    resources: dict[str, Any] = {"Goods": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}}}
    if queue:
        resources["Orders"] = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders"}}
    near = {
        "Metadata": {WRITES: {CHECK: "Id"}},
        "Resources": resources,
        "Outputs": {
            "Id": {"Value": {"Ref": "Goods"}},
            "Url": {"Value": {"Ref": "Orders"} if queue else f"https://sqs.{HOME}.amazonaws.com/{ACCOUNT}/orders"},
        },
    }
    source = {"stack": "near", "region": HOME, "output": "Url"}
    far = {
        "Metadata": {COMES_FROM: {"From": source}},
        "Parameters": {"From": {"Type": "String"}},
        "Resources": {
            "Of": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Name": "/made/of", "Type": "String", "Value": {"Ref": "From"}},
            }
        },
    }
    artifacts = {}
    for name, region, template in (("near", HOME, near), ("far", AWAY, far)):
        (folder / f"{name}.template.json").write_text(json.dumps(template), encoding="utf-8")
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{ACCOUNT}/{region}",
            "properties": {"templateFile": f"{name}.template.json", "tags": {"dr:application": "shop"}},
            "dependencies": ["near"] if name == "far" else [],
        }
    manifest = {"version": "36.0.0", "artifacts": artifacts}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
