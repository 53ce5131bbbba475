"""A pair of PRIMARY and SECONDARY records is the switch: a run changes their roles, there and back."""

from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Room, wait_until

pytestmark = pytest.mark.process

SOURCE, TARGET = "eu-central-1", "eu-west-1"


def test_roles_of_a_pair_are_changed_there_and_back(start: Start) -> None:
    room = start()
    zone = _zone(room)
    _as_pair(zone)
    assert _roles(zone) == {SOURCE: "PRIMARY", TARGET: "SECONDARY"}
    for command, active, other in (("failover eu-west-1", TARGET, SOURCE), ("failback", SOURCE, TARGET)):
        wait_until(lambda: room.world("shop")["answers"], lambda found, at=other: found == [at], 20, "DNS")
        card = room.open(REQUESTER, f'/dr {command} --reason "a pair"')
        room.approve(room.approvers[0], card)
        room.finished(card)
        assert _roles(zone) == {active: "PRIMARY", other: "SECONDARY"}
        world = room.world("shop")
        assert (world["writers"], world["answers"]) == ([active], [active])
        wait_until(lambda: room.status("shop"), lambda s, at=active: s["active_region"] == at, 20, "status")
    swaps = [one for one in room.calls() if one["operation"] == "ChangeResourceRecordSets" and one["purpose"] == "run"]
    assert [one["effect"] for one in swaps] == ["applied", "applied"]


def _zone(room: Room) -> Any:
    return boto3.client(
        "route53",
        region_name="us-east-1",
        endpoint_url=room.environment()["AWS_ENDPOINT_URL"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(user_agent_extra="dr-purpose/setup"),
    )


def _own(zone: Any) -> list[dict[str, Any]]:
    found = zone.list_resource_record_sets(HostedZoneId="Z0SHOP")["ResourceRecordSets"]
    return [one for one in found if one.get("SetIdentifier", "").startswith("shop-")]


def _roles(zone: Any) -> dict[str, str]:
    return {one["SetIdentifier"].removeprefix("shop-"): one["Failover"] for one in _own(zone)}


def _as_pair(zone: Any) -> None:
    """As somebody would set it up: the same addresses by role, each with a health check of its own."""
    changes = [{"Action": "DELETE", "ResourceRecordSet": one} for one in _own(zone)]
    for one in _own(zone):
        name = one["SetIdentifier"]
        check = zone.create_health_check(CallerReference=name, HealthCheckConfig={"Type": "CALCULATED"})
        made = {key: value for key, value in one.items() if key != "Weight"} | {
            "Failover": "PRIMARY" if name.endswith(SOURCE) else "SECONDARY",
            "HealthCheckId": check["HealthCheck"]["Id"],
        }
        changes.append({"Action": "CREATE", "ResourceRecordSet": made})
    zone.change_resource_record_sets(HostedZoneId="Z0SHOP", ChangeBatch={"Changes": changes})
