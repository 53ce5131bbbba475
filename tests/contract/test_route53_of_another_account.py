"""Records of an application in another account, while the region that hands out its role's credentials is down."""

import pytest

from bot.sandbox.world.identities import Identities
from dr_core.claim import Claim
from dr_core.topology.model import Account
from dr_core.traffic.mark import Mark
from dr_core.traffic.port import leading
from dr_core.traffic.route53 import Route53

ROLE = Account(role_arn="arn:aws:iam::123456789012:role/dr")


@pytest.mark.parametrize("down", ["eu-central-1", "eu-west-1"])
def test_records_are_switched_with_credentials_from_a_region_that_is_up(stage, down):
    if stage.world is None:
        pytest.skip("the fake has no accounts")
    stage.world.part(Identities).trust(ROLE.role_arn)
    spec = stage.topology.applications["shop"].traffic[0].route53_records
    records = Route53(stage.aws, stage.clock, account=ROLE)
    stage.take_down(down)
    records.set_active(spec, "eu-west-1", Claim("t", "run-a", 1))
    assert leading(records.records(spec)) == "eu-west-1"


def test_a_batch_that_is_asked_again_with_other_credentials_has_one_effect(stage):
    """The first try had its effect and lost its answer; the mark that the second one deletes is gone."""
    if stage.world is None:
        pytest.skip("the fake has no accounts")
    stage.world.part(Identities).trust(ROLE.role_arn)
    spec = stage.topology.applications["shop"].traffic[0].route53_records
    records = Route53(stage.aws, stage.clock, account=ROLE)
    for epoch, region in ((1, "eu-west-1"), (2, "eu-central-1")):
        stage.world.add_fault("error_after", service="route53", operation="ChangeResourceRecordSets", value=1)
        records.set_active(spec, region, Claim("t", "run-a", epoch))
        assert records.mark(spec) == Mark("run-a", epoch, 1)
        assert leading(records.records(spec)) == region
