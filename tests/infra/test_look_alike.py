"""Every template of every configuration is understood by the look-alike's CloudFormation, and really deploys there.

The CLI's own way is test_end_to_end.py; here the templates go straight to the API, in the order of their assembly.
"""

import graphlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from bot.sandbox.world.cloudformation.table import KINDS
from bot.sandbox.world.world import World
from dr_core.clock import ManualClock
from dr_core.topology.load import load_checked
from infra.notes import COMES_FROM, ONCE_STAND
from tests.infra.synthesized import CONFIGS, Assembly, Template, synthesized

PARAMETER, VALUE = "ParameterKey", "ParameterValue"


def test_every_type_has_a_counterpart_or_a_reason_for_having_none(each: Assembly) -> None:
    used = {one["Type"] for template in each.templates.values() for one in template.body.get("Resources", {}).values()}
    assert used, "nothing is built"
    assert used <= set(KINDS), sorted(used - set(KINDS))


class Account:
    """What a deployer does by hand: stacks in their order, parameters from outputs, and a second pass."""

    def __init__(self, config: Path, data: Path, assembly: Assembly) -> None:
        self.clock, self.topology = ManualClock(), load_checked(config)
        self.world = World(self.topology, data_dir=data, clock=self.clock, built=False)
        self._reached = self.world.start()
        self._assembly = assembly

    def deploy(self) -> dict[str, str]:
        """By stack, the status in which it ended."""
        ended = {template.stack: self._bring(template, again=False) for template in self._ordered()}
        waiting = [template for template in self._ordered() if template.body["Metadata"].get(ONCE_STAND)]
        return ended | {template.stack: self._bring(template, again=True) for template in waiting}

    def _ordered(self) -> list[Template]:
        manifest = json.loads((self._assembly.folder / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
        stacks = {name: one for name, one in manifest.items() if name in self._assembly.templates}
        needs = {name: set(one.get("dependencies", ())) & set(stacks) for name, one in stacks.items()}
        order = graphlib.TopologicalSorter(needs).static_order()
        found = [self._assembly.templates[name] for name in order]
        return [one for one in found if one.body.get("Resources")]

    def _bring(self, template: Template, *, again: bool) -> str:
        api = self._api(template.region)
        given = {name: self._output(source) for name, source in template.body["Metadata"].get(COMES_FROM, {}).items()}
        given |= dict.fromkeys(template.body["Metadata"].get(ONCE_STAND, {}), "yes" if again else "no")
        made = api.create_change_set(
            StackName=template.stack,
            ChangeSetName="again" if again else "first",
            ChangeSetType="UPDATE" if again else "CREATE",
            TemplateBody=json.dumps(template.body),
            Parameters=[{PARAMETER: name, VALUE: value} for name, value in given.items()],
        )
        api.execute_change_set(ChangeSetName=made["Id"])
        status = str(api.describe_stacks(StackName=template.stack)["Stacks"][0]["StackStatus"])
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return "stands"
        events = api.describe_stack_events(StackName=template.stack)["StackEvents"]
        return f"{status}: {[one['ResourceStatusReason'] for one in events if one.get('ResourceStatusReason')]}"

    def _output(self, source: dict[str, str]) -> str:
        [stack] = self._api(source["region"]).describe_stacks(StackName=source["stack"])["Stacks"]
        return next(str(one["OutputValue"]) for one in stack["Outputs"] if one["OutputKey"] == source["output"])

    def _api(self, region: str) -> Any:
        ssm = self._client("ssm", region)
        ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="33", Type="String", Overwrite=True)
        return self._client("cloudformation", region)

    def _client(self, service: str, region: str) -> Any:
        return boto3.client(
            service, region_name=region, endpoint_url=self._reached.aws_url, aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
        )  # fmt: skip


@pytest.fixture(params=["north", "three"])
def account(request: pytest.FixtureRequest, shared: Path, tmp_path: Path) -> Iterator[Account]:
    """One in which nothing stands."""
    config = CONFIGS / f"{request.param}.yaml"
    found = Account(config, tmp_path, synthesized(config, shared))
    yield found
    found.world.stop()


def test_all_stacks_deploy_and_the_applications_run_on_what_stands(account: Account) -> None:
    before = account.world.snapshot()["applications"]
    assert all(not sum(app["running"].values()) and not app["writers"] for app in before.values())

    ended = account.deploy()

    assert {name: how for name, how in ended.items() if how != "stands"} == {}
    account.clock.advance(10)
    for name, app in account.world.snapshot()["applications"].items():
        plan = account.topology.applications[name]
        assert app["writers"] == ([plan.primary] if plan.database else []), name
        assert app["running"][plan.primary] > 0, name
