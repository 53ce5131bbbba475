"""Route 53, DNS and the hosts: what clients see."""

import io
import json
import socket
import ssl

import dns.message
import dns.query
import dns.rcode
import pycurl
import pytest
from botocore.exceptions import ClientError

NAME = "api.example.com"


def weights(stage, west):
    """Give the standby this weight, and the primary the rest of 100."""
    wanted = {"shop-a": 100 - west, "shop-b": west}
    changes = [
        {"Action": "UPSERT", "ResourceRecordSet": {**record, "Weight": wanted[record["SetIdentifier"]]}}
        for record in records(stage)
    ]
    route53 = stage.aws("route53", "eu-west-1")
    return route53.change_resource_record_sets(HostedZoneId="Z123", ChangeBatch={"Changes": changes})["ChangeInfo"]


def records(stage, zone="Z123"):
    return stage.aws("route53", "eu-west-1").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]


def ask(stage, name=NAME, kind="A", tcp=False):
    host, port = stage.endpoints.resolver.split(":")
    query = dns.query.tcp if tcp else dns.query.udp
    return query(dns.message.make_query(name, kind), host, port=int(port), timeout=60)


def address(answer):
    return [item.to_text() for rrset in answer.answer for item in rrset]


def http(stage, url, body=None):
    """As the product's probes connect: curl, CONNECT_TO and the world's CA."""
    curl, answer = pycurl.Curl(), io.BytesIO()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.CONNECT_TO, stage.endpoints.connect_to.split(","))
    curl.setopt(pycurl.CAINFO, str(stage.endpoints.ca_path))
    curl.setopt(pycurl.WRITEFUNCTION, answer.write)
    curl.setopt(pycurl.TIMEOUT_MS, 60_000)
    if body:
        curl.setopt(pycurl.CUSTOMREQUEST, "PUT")
        curl.setopt(pycurl.POSTFIELDS, json.dumps(body))
    try:
        curl.perform()
        return curl.getinfo(pycurl.RESPONSE_CODE), json.loads(answer.getvalue())
    finally:
        curl.close()


PROBE = f"https://{NAME}/dr-probe"


def test_records_are_seeded_as_the_topology_names_them(play):
    found = records(play())
    assert [(r["Name"], r["SetIdentifier"], r["Weight"], r["TTL"]) for r in found] == [
        (f"{NAME}.", "shop-a", 100, 30),
        (f"{NAME}.", "shop-b", 0, 30),
    ]


def test_a_change_is_pending_then_in_sync_and_dns_follows_only_then(play):
    stage = play()
    before = address(ask(stage))
    change = weights(stage, 100)
    assert change["Status"] == "PENDING"
    assert change["Id"].startswith("/change/")
    assert {r["SetIdentifier"]: r["Weight"] for r in records(stage)} == {"shop-a": 0, "shop-b": 100}
    assert address(ask(stage)) == before
    assert stage.app()["answers"] == ["eu-central-1"]
    stage.advance(31)
    assert stage.aws("route53", "eu-west-1").get_change(Id=change["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    assert address(ask(stage)) != before
    assert stage.app()["answers"] == ["eu-west-1"]
    assert stage.app()["weights"] == {"eu-central-1": 0, "eu-west-1": 100}


def test_each_change_has_its_own_id(play):
    stage = play()
    assert weights(stage, 50)["Id"] != weights(stage, 60)["Id"]
    with pytest.raises(ClientError) as error:
        stage.aws("route53", "eu-west-1").get_change(Id="nothing")
    assert error.value.response["Error"]["Code"] == "NoSuchChange"


def test_dns_answers_over_udp_and_tcp_with_the_record_s_ttl(play):
    stage = play()
    over_udp, over_tcp = ask(stage), ask(stage, tcp=True)
    assert address(over_udp) == address(over_tcp)
    assert over_udp.answer[0].ttl == 30
    assert address(over_udp)[0].startswith("192.0.2.")
    assert ask(stage, "nobody.example.com").rcode() == dns.rcode.NXDOMAIN
    assert ask(stage, kind="TXT").rcode() == dns.rcode.NOERROR


def test_weights_share_the_answers(play):
    stage = play()
    weights(stage, 50)
    stage.advance(31)
    assert stage.app()["answers"] == ["eu-central-1", "eu-west-1"]
    assert len({address(ask(stage))[0] for _ in range(40)}) == 2


def test_test_dns_answer_gives_what_the_name_servers_have(play):
    stage = play()
    answer = stage.aws("route53", "eu-west-1").test_dns_answer(HostedZoneId="Z123", RecordName=NAME, RecordType="A")
    assert answer["RecordData"] == address(ask(stage))
    assert answer["ResponseCode"] == "NOERROR"


def test_a_batch_is_all_or_nothing(play):
    stage = play()
    good = {
        "Name": NAME,
        "Type": "A",
        "SetIdentifier": "shop-a",
        "Weight": 7,
        "TTL": 30,
        "ResourceRecords": [{"Value": "192.0.2.99"}],
    }
    bad = {"Name": "elsewhere.org", "Type": "A", "TTL": 30, "ResourceRecords": [{"Value": "192.0.2.98"}]}
    with pytest.raises(ClientError) as error:
        stage.aws("route53", "eu-west-1").change_resource_record_sets(
            HostedZoneId="Z123",
            ChangeBatch={
                "Changes": [
                    {"Action": "UPSERT", "ResourceRecordSet": good},
                    {"Action": "CREATE", "ResourceRecordSet": bad},
                ]
            },
        )
    assert error.value.response["Error"]["Code"] == "InvalidChangeBatch"
    assert [r["Weight"] for r in records(stage)] == [100, 0]


def test_a_record_can_carry_an_epoch_that_is_swapped_in_the_same_batch(play):
    stage = play()
    route53 = stage.aws("route53", "eu-west-1")

    def epoch(number):
        return {"Name": f"_dr.{NAME}", "Type": "TXT", "TTL": 30, "ResourceRecords": [{"Value": f'"epoch {number}"'}]}

    def change(*changes):
        route53.change_resource_record_sets(
            HostedZoneId="Z123",
            ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]},
        )

    change(("CREATE", epoch(1)))
    change(("DELETE", epoch(1)), ("CREATE", epoch(2)))
    with pytest.raises(ClientError):
        change(("DELETE", epoch(1)), ("CREATE", epoch(3)))
    assert [r["ResourceRecords"][0]["Value"] for r in records(stage) if r["Type"] == "TXT"] == ['"epoch 2"']


def test_health_checks_follow_the_region_after_three_checks(play):
    stage = play()
    route53 = stage.aws("route53", "eu-west-1")

    def status(check):
        found = route53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
        assert len({o["Region"] for o in found}) > 3
        return {o["StatusReport"]["Status"].split(":")[0] for o in found}

    assert status("hc-id-1") == status("hc-id-2") == {"Success"}
    stage.world.add_fault("region_down", region="eu-central-1")
    stage.advance(120)
    assert status("hc-id-1") == {"Failure"}
    assert status("hc-id-2") == {"Success"}
    assert route53.get_health_check(HealthCheckId="hc-id-1")["HealthCheck"]["HealthCheckConfig"]["Type"] == "HTTPS"


def test_a_health_check_is_inverted_and_deleted_by_its_owner(play):
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html"""
    stage = play()
    route53 = stage.aws("route53", "eu-west-1")
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "mine.example.com"}
    made = route53.create_health_check(CallerReference="mine", HealthCheckConfig=config)["HealthCheck"]["Id"]
    changed = route53.update_health_check(HealthCheckId=made, Inverted=True, FailureThreshold=1)["HealthCheck"]
    assert (changed["HealthCheckConfig"]["Inverted"], changed["HealthCheckConfig"]["FailureThreshold"]) == (True, 1)
    route53.delete_health_check(HealthCheckId=made)
    with pytest.raises(route53.exceptions.NoSuchHealthCheck):
        route53.get_health_check_status(HealthCheckId=made)


def takeover(shop):
    return {
        **shop,
        "traffic": [
            *shop["traffic"],
            {
                "standby_takes_over": {
                    "bucket": {"eu-west-1": "takeover-eu-west-1"},
                    "key": "active",
                    "health_check": "hc-id-3",
                }
            },
        ],
    }


def test_the_object_in_the_standby_s_bucket_takes_traffic_over_and_its_removal_gives_it_back(play, shop):
    stage = play({"shop": takeover(shop)})
    roles = {r["SetIdentifier"]: (r["Failover"], r.get("HealthCheckId")) for r in records(stage)}
    assert roles == {"shop-a": ("PRIMARY", "hc-id-3"), "shop-b": ("SECONDARY", None)}
    assert stage.app()["answers"] == ["eu-central-1"]
    s3 = stage.aws("s3", "eu-west-1")
    s3.put_object(Bucket="takeover-eu-west-1", Key="active", Body=b"1")
    assert stage.app()["answers"] == ["eu-central-1"]
    stage.advance(125)
    assert stage.app()["answers"] == ["eu-west-1"]
    s3.delete_object(Bucket="takeover-eu-west-1", Key="active")
    stage.advance(125)
    assert stage.app()["answers"] == ["eu-central-1"]


def test_two_primaries_are_refused(play, shop):
    stage = play({"shop": takeover(shop)})
    secondary = next(r for r in records(stage) if r["Failover"] == "SECONDARY")
    with pytest.raises(ClientError) as error:
        stage.aws("route53", "eu-west-1").change_resource_record_sets(
            HostedZoneId="Z123",
            ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {**secondary, "Failover": "PRIMARY"}}]},
        )
    assert error.value.response["Error"]["Code"] == "InvalidChangeBatch"


def test_a_takeover_without_records_switches_the_host_of_the_write_probe(play, shop):
    stage = play({"shop": {**takeover(shop), "traffic": takeover(shop)["traffic"][1:]}})
    assert stage.app()["answers"] == ["eu-central-1"]
    stage.aws("s3", "eu-west-1").put_object(Bucket="takeover-eu-west-1", Key="active", Body=b"1")
    stage.advance(125)
    assert stage.app()["answers"] == ["eu-west-1"]


def test_health_endpoints_answer_over_tls_with_their_region(play):
    stage = play()
    assert http(stage, "https://api-eu-west-1.example.com/health") == (200, {"status": "ok", "region": "eu-west-1"})


def test_a_region_without_running_tasks_is_not_healthy(play):
    stage = play()
    stage.aws("ecs", "eu-west-1").update_service(cluster="shop", service="api", desiredCount=0)
    stage.advance(11)
    assert http(stage, "https://api-eu-west-1.example.com/health")[0] == 503


def test_hosts_of_a_region_that_is_down_reset_the_connection(play):
    stage = play()
    stage.world.add_fault("region_down", region="eu-central-1")
    with pytest.raises(pycurl.error, match="reset"):
        http(stage, "https://api-eu-central-1.example.com/health")


def test_hosts_of_a_region_that_hangs_accept_and_do_not_answer(play):
    stage = play()
    stage.world.add_fault("region_hangs", region="eu-central-1")
    port = int(stage.endpoints.connect_to.rsplit(":", 1)[1])
    context = ssl.create_default_context(cafile=str(stage.endpoints.ca_path))
    raw = socket.create_connection(("127.0.0.1", port), timeout=60)
    with context.wrap_socket(raw, server_hostname="api-eu-central-1.example.com") as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: api-eu-central-1.example.com\r\n\r\n")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(10)


def test_a_plain_http_url_is_answered_on_the_same_port(play, shop):
    health = {
        "http": {"eu-central-1": "http://plain-a.example.com/up", "eu-west-1": "http://plain-b.example.com:8080/up"}
    }
    stage = play({"shop": {**shop, "health": [health]}})
    assert http(stage, "http://plain-a.example.com/up")[1]["region"] == "eu-central-1"
    assert http(stage, "http://plain-b.example.com:8080/up")[1]["region"] == "eu-west-1"


def test_the_write_probe_writes_where_dns_points_and_reads_back(play):
    stage = play()
    assert http(stage, PROBE, {"token": "t1"}) == (201, {"token": "t1", "region": "eu-central-1"})
    status, answer = http(stage, f"{PROBE}?token=t1")
    assert (status, answer["token"], answer["region"]) == (200, "t1", "eu-central-1")
    assert "written_at" in answer
    assert http(stage, f"{PROBE}?token=other")[0] == 404


def test_the_write_probe_is_refused_where_the_database_is_read_only(play):
    stage = play()
    weights(stage, 100)
    stage.advance(31)
    status, answer = http(stage, PROBE, {"token": "t2"})
    assert (status, answer["region"]) == (503, "eu-west-1")


def test_writes_that_did_not_arrive_are_lost_at_a_forced_failover(play):
    stage = play()
    http(stage, PROBE, {"token": "kept"})
    stage.clock.advance(5)
    stage.world.add_fault("replication_stops")
    stage.clock.advance(5)
    http(stage, PROBE, {"token": "lost"})
    stage.world.add_fault("region_down", region="eu-central-1")
    stage.aws("rds", "eu-west-1").failover_global_cluster(
        GlobalClusterIdentifier="shop", TargetDbClusterIdentifier="shop-eu-west-1", AllowDataLoss=True
    )
    weights(stage, 100)
    stage.advance(490)
    assert http(stage, f"{PROBE}?token=kept")[0] == 200
    assert http(stage, f"{PROBE}?token=lost")[0] == 404
    assert http(stage, PROBE, {"token": "new"}) == (201, {"token": "new", "region": "eu-west-1"})


def test_the_write_probe_dies_with_the_region_that_dns_points_to(play):
    stage = play()
    stage.world.add_fault("region_down", region="eu-central-1")
    with pytest.raises(pycurl.error, match="reset"):
        http(stage, PROBE, {"token": "t"})
