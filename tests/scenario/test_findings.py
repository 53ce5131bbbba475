"""What would keep a failover from working is found before it is needed: one sandbox in which much is wrong at once.

The world is broken as an administrator would break it, and dr.yaml is deployed anew: one preflight sees all of it.
"""

import configparser
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Json, Message, Room, texts, wait_until

pytestmark = pytest.mark.process
ACTIVE, TARGET = "eu-central-1", "eu-west-1"
PAPERS = {region: f"shop-papers-{region}" for region in (ACTIVE, TARGET)}
KEPT = ", ".join(f"{{region: {region}, bucket: {bucket}}}" for region, bucket in PAPERS.items())
HOLD_DOWN = timedelta(seconds=3)
BLOCKING = {
    "global-db-rpo": "rds.global_db_rpo = 60 s",
    "quota-short": "vCPU resource count: 2, needed 4",
    "missing:secret": "Secret shop/api/keys does not exist in eu-west-1",
    "image-missing": "sandbox/app:1",
    "permission:rds:SwitchoverGlobalCluster": "arn:aws:rds:",
}
"""Code -> words of its evidence or message."""

Client = Callable[[str, str], Any]


def administrator(room: Room) -> Client:
    """(service, region) -> client of the world's AWS, as somebody in another terminal has it."""
    environment = room.environment()
    files = configparser.ConfigParser()
    files.read(environment["AWS_SHARED_CREDENTIALS_FILE"])
    keys = files[environment["AWS_PROFILE"]]

    def client(service: str, region: str) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=keys["aws_access_key_id"],
            aws_secret_access_key=keys["aws_secret_access_key"],
            config=Config(user_agent_extra="dr-purpose/setup"),
        )

    return client


def test_what_would_keep_a_failover_from_working_is_found_before_and_can_be_overridden(
    start: Start, tmp_path: Path
) -> None:
    room = start(edits={f"control_region: {TARGET}": f"control_region: {TARGET}\nrunbook: {{buckets: [{KEPT}]}}"})
    _break(room)
    _what_blocks_is_told_with_evidence_and_way_out(room)
    _what_the_standby_lacks_is_named_without_values(room)
    _the_bot_beside_the_shop_is_found_and_its_commands_lie_elsewhere(room)
    _an_alarm_of_one_observer_is_no_outage(room)
    _approvers_who_left_are_missed_and_the_bot_stands(room, tmp_path)
    _a_copy_that_stands_still_is_no_copy(room)
    _a_request_goes_on_and_ends_only_when_a_write_came_back(room)


def _break(room: Room) -> None:
    """Until the channel was told what is wrong, and the new worker has seen the rest."""
    wait_until(lambda: room.status("shop")["readiness"]["age_seconds"], bool, 30, "a preflight of the healthy world")
    client = administrator(room)
    _hold_commits_back(client("rds", TARGET))
    _lose_copies(client)
    room.fault("quota_short", region=TARGET, value=2)
    room.fault("denied", service="rds", operation="SwitchoverGlobalCluster")
    _carry_nothing_over(room, client("s3", TARGET))
    _deploy(room)
    wait_until(lambda: _told(room), bool, 60, "word of what blocks", lambda _: room.messages()[-3:])
    room.until_ready()
    wait_until(lambda: json.dumps(room.status("shop")), _observed, 30, "an observation by the new worker")


def _hold_commits_back(rds: Any) -> None:
    group = {"DBClusterParameterGroupName": "held"}
    rds.create_db_cluster_parameter_group(**group, DBParameterGroupFamily="aurora-postgresql16", Description="held")
    limit = {"ParameterName": "rds.global_db_rpo", "ParameterValue": "60", "ApplyMethod": "immediate"}
    rds.modify_db_cluster_parameter_group(**group, Parameters=[limit])
    rds.modify_db_cluster(DBClusterIdentifier="shop-eu-west-1", **group)


def _lose_copies(client: Client) -> None:
    client("secretsmanager", ACTIVE).remove_regions_from_replication(
        SecretId="shop/api/keys", RemoveReplicaRegions=[TARGET]
    )
    client("ssm", TARGET).delete_parameter(Name="/shop/config/page-size")
    client("ssm", TARGET).delete_parameter(Name="/shop/feature-flags/search-v2")
    client("ecr", TARGET).batch_delete_image(repositoryName="sandbox/app", imageIds=[{"imageTag": "1"}])


def _carry_nothing_over(room: Room, s3: Any) -> None:
    """A rule that looks as before and does nothing, with nothing under way: not even an earlier heartbeat is there."""

    def beats() -> list[str]:
        listed = s3.list_objects_v2(Bucket="shop-web-eu-west-1").get("Contents", ())
        return [one["Key"] for one in listed if ".dr-heartbeat/" in one["Key"]]

    arrived = wait_until(beats, bool, 30, "the first heartbeat to cross")
    room.fault("replication_stops", region=TARGET, service="s3")
    for key in arrived:
        s3.delete_object(Bucket="shop-web-eu-west-1", Key=key)


def _deploy(room: Room) -> None:
    """Another dr.yaml: the bot at home where the shop is active, two approvers gone, a probe that asks a wrong path."""
    config = room.data.parent / "dr.yaml"
    text = config.read_text(encoding="utf-8")
    for old, new in {
        f"control_region: {TARGET}": f"control_region: {ACTIVE}",
        "runbook: {": f"runbook: {{folder: {room.data / 'papers'}, ",
        "approvers: {users: [U0ADA, U0GRACE, U0LINUS]}": "approvers: {users: [U0ADA, U0LEFT1, U0LEFT2]}",
        "https://api-eu-central-1.example.com/health": "https://api-eu-central-1.example.com/nowhere",
    }.items():
        assert old in text
        text = text.replace(old, new)
    config.write_text(text, encoding="utf-8")
    for name in ("bot", "worker"):
        room.end(name)


def _observed(status: str) -> bool:
    return all(words in status for words in ("no heartbeat has arrived yet", "page-size", "probe alone is bad"))


def _told(room: Room) -> list[Message]:
    return [one for one in room.messages() if "a failover of shop would be blocked" in one.words]


def _findings(room: Room) -> dict[str, Json]:
    [shop] = room.json("readiness")["applications"]
    assert shop["ready"] is False
    return {one["code"]: one for one in shop["checks"] if one["state"] == "finding" and one["region"] in (None, TARGET)}


def _what_blocks_is_told_with_evidence_and_way_out(room: Room) -> None:
    """Failures 6, 11, 13 and 17 of domain.md: a paused primary, a quota, what is missing, a permission."""
    found = _findings(room)
    for code, words in BLOCKING.items():
        assert found[code]["severity"] == "blocking", found[code]
        assert words in f"{found[code]['message']} {found[code]['evidence']}", found[code]
        assert f"--override {code}" in found[code]["way_out"]
        assert found[code]["source"]
    assert "pause every commit" in found["global-db-rpo"]["message"]
    shown = room.ask(REQUESTER, "/dr readiness", "global-db-rpo").words
    assert all(f"[{code}]" in shown for code in BLOCKING)
    assert len(_told(room)) == 1, "the channel is told once"


def _what_the_standby_lacks_is_named_without_values(room: Room) -> None:
    """Failure 13: by names, in the preflight and in the continuous comparison."""
    [shop] = room.json("readiness")["applications"]
    lacking = [one["evidence"] for one in shop["checks"] if one["code"] == "missing:parameter" and one["state"] != "ok"]
    assert sorted(lacking) == ["/shop/config/page-size", "/shop/feature-flags/search-v2"]
    compared = room.ask(REQUESTER, "/dr replication", "Exposure").words
    assert "/shop/config/page-size" in compared
    said = json.dumps(room.json("readiness")) + compared
    assert "sandbox-token" not in said, "the value of a SecureString"


def _the_bot_beside_the_shop_is_found_and_its_commands_lie_elsewhere(room: Room) -> None:
    """Failure 8: a warning, and the runbook in both regions and on the worker's disk."""
    assert _findings(room)["bot-in-active-region"]["evidence"] == f"control_region {ACTIVE}, active {ACTIVE}"
    client = administrator(room)
    page = f"shop/forced-{ACTIVE}-to-{TARGET}.md"

    def kept() -> dict[str, str]:
        found = {}
        for region, bucket in PAPERS.items():
            s3 = client("s3", region)
            keys = {one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ())}
            if f"dr-runbook/{page}" in keys:
                found[region] = s3.get_object(Bucket=bucket, Key=f"dr-runbook/{page}")["Body"].read().decode()
        return found

    pages = wait_until(kept, lambda found: len(found) == 2, 30, "the page in both regions", list)
    on_disk = Path(room.data, "papers", page)
    wait_until(on_disk.is_file, bool, 30, "the page on the worker's disk")
    for text in (*pages.values(), on_disk.read_text(encoding="utf-8")):
        assert "aws rds failover-global-cluster" in text
        assert f"--region {TARGET}" in text


def _an_alarm_of_one_observer_is_no_outage(room: Room) -> None:
    """Failure 1: the bot's own probe fails for longer than the hold-down, and nobody else sees anything."""
    began = next(datetime.fromisoformat(one["since"]) for one in _verdicts(room) if one["verdict"] == "degraded")

    def seen() -> Json:
        found: Json = room.status("shop")["regions"][ACTIVE]
        return found

    def later(found: Json) -> bool:
        return datetime.fromisoformat(found["observed_at"]) - began > 2 * HOLD_DOWN

    told = wait_until(seen, later, 30, "an observation after the hold-down")
    assert told["verdict"] == "degraded", told
    assert "probe alone is bad" in told["reasons"][0]
    assert "down" not in {one["verdict"] for one in _verdicts(room)}
    assert "degraded" in room.ask(REQUESTER, "/dr status", ACTIVE).text


def _verdicts(room: Room) -> list[Json]:
    """Of the active region, as the trail has them."""
    events = room.json("audit", "list", "--chain", "ops", "--limit", "500")["events"]
    told = [one["data"] for one in events if one["kind"] == "verdict.changed"]
    return [one for one in told if one["region"] == ACTIVE]


def _approvers_who_left_are_missed_and_the_bot_stands(room: Room, folder: Path) -> None:
    """Failure 18: Slack knows two of the three no more. What can be known from the file alone is fatal there."""
    assert room.call("/api/ready")[0] == 200
    done = room.dr("doctor")
    assert done.returncode == 1
    assert "quorum forced" in done.stdout
    assert "1 can approve, 2 must: it cannot be reached" in " ".join(done.stdout.split())
    assert "it cannot be reached" in room.ask(REQUESTER, "/dr doctor", "quorum", timeout=15).words
    alone = folder / "alone.yaml"
    text = (room.data.parent / "dr.yaml").read_text(encoding="utf-8")
    alone.write_text(text.replace(", U0LEFT1, U0LEFT2]", "]"), encoding="utf-8")
    checked = room.dr("config", "check", str(alone))
    assert checked.returncode != 0
    assert "forced needs 2 approvers, and only 1 person is named" in checked.stdout + checked.stderr


def _a_copy_that_stands_still_is_no_copy(room: Room) -> None:
    """Failure 14: metrics count what is new, and nothing is; what no heartbeat proves any more is unknown."""
    [bucket] = [store for store in room.status("shop")["stores"] if store["kind"] == "s3"]
    # What a heartbeat proved before is kept with its age until it is stale.
    assert bucket["exposure_seconds"] is None or bucket["age_seconds"] > 0, bucket
    assert "no heartbeat has arrived yet" in json.dumps(bucket)
    figures = {one["name"].partition("/")[0]: one["value"] for one in bucket["figures"]}
    assert (figures["pending_operations"], figures["failed_operations"]) == (0, 0), "what the metrics say of it"
    assert figures["heartbeat"] is None


def _a_request_goes_on_and_ends_only_when_a_write_came_back(room: Room) -> None:
    """Failures 5, 11 and 12: overridden by code, held at the gate, and not done while old answers are given."""
    view = room.opened(REQUESTER, room.say(REQUESTER, f"/dr failover {TARGET}"))
    offered = "\n".join(texts(view["blocks"]))
    assert all(code in offered for code in BLOCKING), offered
    assert room.cards() == []
    short = room.fault("capacity_short", region=TARGET)
    card = room.open(REQUESTER, f"/dr failover {TARGET} " + " ".join(f"--override {code}" for code in BLOCKING))
    assert all(code in card.words for code in BLOCKING)
    for fault in room.ok("/api/faults")["faults"]:
        if fault["kind"] == "denied":
            room.mend(fault["id"])
    route53 = administrator(room)("route53", "us-east-1")
    stray = _stray(route53)
    _changed(route53, "CREATE", stray)
    room.approve("U0ADA", card)
    wait_until(lambda: _details(room), lambda told: "1 of 4 run" in told, 30, "the missing capacity")
    assert "SwitchoverGlobalCluster" not in {one["operation"] for one in room.calls()}, "nothing is taken away yet"
    room.mend(short)
    wait_until(lambda: _details(room), lambda told: f"answers {ACTIVE}" in told, 60, "the old answers")
    assert room.world("shop")["writers"] == [TARGET]
    assert room.json("runs")["runs"][0]["state"] == "running", "what the APIs said is not enough"
    _changed(route53, "DELETE", stray)
    room.finished(card)
    assert room.world("shop")["answers"] == [TARGET]


def _details(room: Room) -> str:
    runs = room.json("runs")["runs"]
    return "\n".join(step["detail"] for step in room.json("run", "show", runs[0]["id"])["steps"]) if runs else ""


def _stray(route53: Any) -> Json:
    """A second record of the old region, as a resolver that keeps its answer would look."""
    listed = route53.list_resource_record_sets(HostedZoneId="Z0SHOP")["ResourceRecordSets"]
    old = next(one for one in listed if one.get("SetIdentifier") == f"shop-{ACTIVE}" and one["Type"] == "A")
    return {
        **{key: value for key, value in old.items() if key != "HealthCheckId"},
        "SetIdentifier": "stray",
        "Weight": 255,
    }


def _changed(route53: Any, action: str, record: Json) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId="Z0SHOP", ChangeBatch=batch)


def test_a_region_short_of_machines_holds_the_run_until_it_has_them(start: Start) -> None:
    """Groups, node groups and readers: nothing is taken away before the target has its size, and then for good."""
    room = start("pool.yaml")
    source, target = "eu-south-1", "eu-west-3"
    short = room.fault("capacity_short", region=target, service="autoscaling")
    card = room.open(REQUESTER, f"/dr failover {target}")
    room.approve(room.approvers[0], card)
    wait_until(lambda: _details(room), lambda told: "1 of 3 run" in told and "sufficient capacity" in told, 30, "AWS")
    asked = {one["operation"] for one in room.calls() if one["purpose"] == "run"}
    assert asked == {"UpdateAutoScalingGroup", "UpdateNodegroupConfig", "CreateDBInstance"}, "nothing is taken away yet"
    room.mend(short)
    room.finished(card)
    world = room.world("stock")
    assert (world["writers"], world["answers"]) == ([target], [target])
    assert world["running"] == {source: 1, target: 5}, "what writes is a standby there, and at work here"
    assert set(room.effects().values()) == {1}, room.effects()
