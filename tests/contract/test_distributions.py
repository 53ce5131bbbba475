"""The examination of distributions, and CloudFront's own failover of reads, on the simulated AWS."""

import pytest

from dr_core.aws.clients import observing_clients
from dr_core.clock import ManualClock
from dr_core.readiness.examination import Subject
from dr_core.readiness.examinations.distributions import inquiries
from dr_core.readiness.model import Check
from dr_core.readiness.preflight import preflight
from dr_core.readiness.surroundings import ServedCertificate, Surroundings
from dr_core.topology.model import Topology
from dr_core.verify.http import HttpProbe
from tests.contract import vault
from tests.contract.vault import AWAY, HOME

# An examination is asked of AWS alone.
pytestmark = pytest.mark.parametrize("stage", ["aws"], indirect=True)


@pytest.fixture
def shop() -> Topology:
    return vault.topology()


def findings(stage) -> list[Check]:
    clock: ManualClock = stage.clock
    around = Surroundings(lambda *asked: ServedCertificate(clock.now(), "a friend"))
    clients = observing_clients(stage.aws, None)
    subject = Subject("vault", stage.topology, clients, None, HOME, clock.now(), around)
    return [check for check in preflight(subject, (inquiries,), clock).checks if check.state.value != "ok"]


def changed(stage, change) -> None:
    client = stage.aws.client("cloudfront", "us-east-1")
    seen = client.get_distribution_config(Id=vault.DISTRIBUTION)
    change(seen["DistributionConfig"])
    client.update_distribution(
        Id=vault.DISTRIBUTION, DistributionConfig=seen["DistributionConfig"], IfMatch=seen["ETag"]
    )


def test_a_group_with_an_origin_in_each_region_is_well_but_for_its_patience(stage):
    assert [check.code for check in findings(stage)] == ["origin-slow"]


def test_reads_that_have_nowhere_to_go_block_a_move_there(stage):
    def only_the_first(config):
        config["DefaultCacheBehavior"]["TargetOriginId"] = config["Origins"]["Items"][0]["Id"]

    changed(stage, only_the_first)
    (found,) = findings(stage)
    assert (found.code, found.region, found.severity.value) == ("origin-missing", AWAY, "blocking")
    assert "--override origin-missing" in found.way_out


def test_a_distribution_that_is_not_there_is_said_where_names_are_looked_up(stage):
    app = stage.topology.applications["vault"]
    gone = vault.topology(traffic=[{"cloudfront": {"distribution": "E0"}}]).applications["vault"].traffic
    applications = {"vault": app.model_copy(update={"traffic": gone})}
    stage.topology = stage.topology.model_copy(update={"applications": applications})
    assert findings(stage) == []


def test_reads_move_by_themselves_and_writes_do_not(stage):
    edge = HttpProbe(connect_to=[stage.endpoints.connect_to], ca=stage.endpoints.ca_path)
    assert edge.read(vault.EDGE).region == HOME
    stage.take_down(HOME)
    assert edge.read(vault.EDGE).region == AWAY
    assert not edge.write_and_read(vault.EDGE, "token").ok


def test_a_stale_version_of_the_configuration_is_refused(stage):
    client = stage.aws.client("cloudfront", "us-east-1")
    seen = client.get_distribution_config(Id=vault.DISTRIBUTION)
    changed(stage, lambda config: config.update(Comment="mine"))
    assert client.get_distribution(Id=vault.DISTRIBUTION)["Distribution"]["Status"] == "InProgress"
    with pytest.raises(client.exceptions.PreconditionFailed):
        client.update_distribution(
            Id=vault.DISTRIBUTION, DistributionConfig=seen["DistributionConfig"], IfMatch=seen["ETag"]
        )
    stage.advance(600)
    assert client.get_distribution(Id=vault.DISTRIBUTION)["Distribution"]["Status"] == "Deployed"
