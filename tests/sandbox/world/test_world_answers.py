"""What Route 53 answers with aliases and by latency, and hosts that answer badly or late."""

import time

import pytest

from tests.sandbox.world.test_world_traffic import NAME, address, ask, http, records

HEALTH = "https://api-eu-west-1.example.com/health"


@pytest.mark.parametrize(
    ("kind", "status"), [("error_before", 500), ("error_after", 500), ("throttle", 429), ("denied", 403)]
)
def test_hosts_answer_with_an_error_as_often_as_a_fault_on_http_says(play, kind, status):
    stage = play()
    stage.world.add_fault(kind, region="eu-west-1", service="http", value=1)
    assert [http(stage, HEALTH)[0] for _ in range(2)] == [status, 200]


def test_a_fault_on_every_call_of_aws_spares_the_hosts(play):
    stage = play()
    stage.world.add_fault("error_before", region="eu-west-1")
    assert http(stage, HEALTH)[0] == 200


def test_one_colour_alone_can_be_made_unwell(play):
    hosts = {colour: {"us-west-2": f"https://{colour}.example.net/ok"} for colour in ("red", "black")}
    colours = {name: {"prefix": f"{name}/", "health": health} for name, health in hosts.items()}
    app = {"primary": "us-west-2", "standby": ["eu-north-1"], "release": {"pointer": "/r", "colours": colours}}
    stage = play({"one": app})
    stage.world.add_fault("error_before", service="http", operation="black", region="us-west-2")
    assert [http(stage, health["us-west-2"])[0] for health in hosts.values()] == [200, 500]
    assert stage.world.snapshot()["applications"]["one"]["colours"] == {"us-west-2": "red", "eu-north-1": "red"}
    with pytest.raises(ValueError, match="unknown"):
        stage.world.add_fault("error_before", service="http", operation="purple")


def test_hosts_of_one_region_answer_late(play):
    stage = play()
    fault = stage.world.add_fault("slow_answers", region="eu-west-1", value=3600)
    assert http(stage, "https://api-eu-central-1.example.com/health")[0] == 200, "another region's answer at once"
    stage.world.remove_fault(fault)
    stage.world.add_fault("slow_answers", region="eu-west-1", value=0.2)
    begun = time.monotonic()
    assert http(stage, HEALTH)[0] == 200
    assert time.monotonic() - begun >= 0.2
    with pytest.raises(ValueError, match="seconds"):
        stage.world.add_fault("slow_answers", region="eu-west-1")


def as_aliases(stage, evaluate, **routing):
    """The same records as aliases of the regions' hosts."""
    hosts = {"shop-a": "shop.eu-central-1.sandbox.example.", "shop-b": "shop.eu-west-1.sandbox.example."}
    changes = [{"Action": "DELETE", "ResourceRecordSet": one} for one in records(stage)]
    for one in records(stage):
        name = one["SetIdentifier"]
        alias = {"HostedZoneId": "Z32O12XQLNTSW2", "DNSName": hosts[name], "EvaluateTargetHealth": evaluate}
        chosen = {key: values[name] for key, values in routing.items()} or {"Weight": one["Weight"]}
        made = {"Name": NAME, "Type": "A", "SetIdentifier": name, "AliasTarget": alias, **chosen}
        changes.append({"Action": "CREATE", "ResourceRecordSet": made})
    stage.aws("route53", "eu-west-1").change_resource_record_sets(HostedZoneId="Z123", ChangeBatch={"Changes": changes})
    stage.advance(31)


def test_an_alias_is_answered_with_its_target_s_address(play):
    stage = play()
    before = address(ask(stage))
    as_aliases(stage, evaluate=False)
    assert address(ask(stage)) == before
    answer = stage.aws("route53", "eu-west-1").test_dns_answer(HostedZoneId="Z123", RecordName=NAME, RecordType="A")
    assert answer["RecordData"] == before


@pytest.mark.parametrize(
    ("evaluate", "answered"), [(True, "eu-west-1"), (False, "eu-central-1")], ids=["evaluated", "not evaluated"]
)
def test_an_alias_that_evaluates_its_target_moves_when_the_target_is_ill(play, evaluate, answered):
    stage = play()
    as_aliases(stage, evaluate, Failover={"shop-a": "PRIMARY", "shop-b": "SECONDARY"})
    stage.aws("ecs", "eu-central-1").update_service(cluster="shop", service="api", desiredCount=0)
    stage.advance(11)
    assert stage.app()["answers"] == [answered]


def test_latency_records_are_answered_by_one_region_until_it_is_ill(play):
    stage = play()
    as_aliases(stage, True, Region={"shop-a": "eu-central-1", "shop-b": "eu-west-1"})
    assert stage.app()["answers"] == ["eu-central-1"]
    stage.aws("ecs", "eu-central-1").update_service(cluster="shop", service="api", desiredCount=0)
    stage.advance(11)
    assert stage.app()["answers"] == ["eu-west-1"]
