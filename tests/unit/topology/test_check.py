"""The parts of the topology must fit together before anybody relies on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dr_core.topology.check import check_topology
from dr_core.topology.document import compose_document
from dr_core.topology.findings import Severity
from dr_core.topology.model import Topology

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
Change = Callable[[dict[str, Any]], object]


def findings(change: Change, name: str = "shop") -> list[tuple[str, str, str]]:
    value: Any = compose_document((TOPOLOGIES / f"{name}.yaml").read_text()).value
    change(value)
    found = check_topology(Topology.model_validate(value))
    return [(finding.severity.value, finding.path, finding.message) for finding in found]


def shop(value: dict[str, Any]) -> Any:
    return value["applications"]["shop"]


def at(*path: str | int, to: object) -> Change:
    """Put `to` at `path`."""

    def change(value: Any) -> None:
        for part in path[:-1]:
            value = value[part]
        value[path[-1]] = to

    return change


SHOP = ("applications", "shop")
PAY = ("applications", "payments")
FATAL = [
    ("shop", at("control_region", to="us-east-1"), "control_region", "us-east-1 is not an allowed region"),
    (
        "shop",
        at("approval", "approvers", to={"users": ["U0ADA"]}),
        "approval.forced.required",
        "only 1 person is named",
    ),
    (
        "shop",
        at("people", to=[{"name": "Ada", "slack": "U0ADA", "aws": []}, {"name": "Eve", "slack": "U0ADA"}]),
        "people[1].slack",
        "U0ADA belongs to Ada already",
    ),
    ("shop", at("people", 0, "aws", to=["ada"]), "people[0].aws[0]", "expected the ARN"),
    ("shop", at("people", 0, "aws", to=["arn:aws:iam::111122223333:root"]), "people[0].aws[0]", "root user"),
    (
        "shop",
        at("people", 0, "aws", to=["arn:aws:sts::111122223333:assumed-role/admin/ada"]),
        "people[0].aws[0]",
        "chooses the session's name",
    ),
    (
        "shop",
        at(
            "people",
            0,
            "aws",
            to=["arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_01"],
        ),
        "people[0].aws[0]",
        "shared by everybody",
    ),
    (
        "full",
        at("people", 0, "aws", to=["arn:aws:iam::111122223333:role/path/dr"]),
        "people[0].aws[0]",
        "the bot itself",
    ),
    (
        "shop",
        at(
            "people",
            to=[
                {"name": "Ada", "slack": "U0ADA", "aws": ["arn:aws:iam::111122223333:role/ops"]},
                {"name": "Eve", "slack": "U0EVE", "aws": ["arn:aws:iam::111122223333:role/people/ops"]},
            ],
        ),
        "people[1].aws[0]",
        "belongs to Ada already",
    ),
    ("shop", at("people", 1, "name", to="Ada"), "people[1].name", "named twice"),
    ("shop", at("approval", "break_glass", to={"users": ["U0ADA"]}), "approval.break_glass", "at least two holders"),
    (
        "shop",
        at("approval", to={"approvers": {"users": ["U0ADA", "U0GRACE"]}, "requesters": {"users": ["U0ADA"]}}),
        "approval.forced.required",
        "cannot approve their own request",
    ),
    (
        "shop",
        at("residency", "allowed_regions", to=["eu-west-1"]),
        "applications.shop.primary",
        "not an allowed region",
    ),
    (
        "shop",
        at("audit", to={"anchors": [{"region": "us-east-1", "bucket": "b"}]}),
        "audit.anchors[0].region",
        "us-east-1",
    ),
    (
        "shop",
        at("runbook", to={"buckets": [{"region": "us-east-1", "bucket": "b"}]}),
        "runbook.buckets[0].region",
        "us-east-1",
    ),
    ("shop", at(*SHOP, "standby", to=["eu-central-1"]), "applications.shop.standby[0]", "is the primary"),
    ("shop", at(*SHOP, "standby", to=["eu-west-1", "eu-west-1"]), "applications.shop.standby[1]", "listed twice"),
    (
        "shop",
        at(*SHOP, "health", 0, "http", to={"eu-west-1": "https://a/"}),
        "applications.shop.health[0].http",
        "expected an entry for eu-central-1",
    ),
    (
        "shop",
        at(*SHOP, "database", "aurora_global", "clusters", "eu-north-1", to="x"),
        "applications.shop.database.aurora_global.clusters.eu-north-1",
        "no region of this application",
    ),
    (
        "shop",
        at(*SHOP, "traffic", 0, "route53_records", "set_identifiers", to={}),
        "applications.shop.traffic[0].route53_records.set_identifiers",
        "expected an entry for eu-central-1 and eu-west-1",
    ),
    (
        "shop",
        at(*SHOP, "storage", 0, "s3", "buckets", "eu-west-1", to="shop-web-eu-central-1"),
        "applications.shop.storage[0].s3.buckets.eu-west-1",
        "is used at applications.shop.storage[0].s3.buckets.eu-central-1 already",
    ),
    (
        "shop",
        at(*SHOP, "consumers", to=[{"ecs_poller": {"cluster": "shop", "service": "api"}}]),
        "applications.shop.capacity[0].ecs.service",
        "is used at applications.shop.consumers[0].ecs_poller already",
    ),
    ("shop", at(*SHOP, "depends_on", to=["search"]), "applications.shop.depends_on[0]", "no application search"),
    ("shop", at(*SHOP, "depends_on", to=["shop"]), "applications.shop.depends_on", "shop -> shop"),
    (
        "shop",
        at(*SHOP, "verify", 0, "http_write_read", "url", to="https://api.example.com:99999/"),
        "applications.shop.verify[0].http_write_read.url",
        "a port from 1 to 65535",
    ),
    (
        "shop",
        at(*SHOP, "health", 0, "http", "eu-west-1", to="https://ada:secret@api.example.com/"),
        "applications.shop.health[0].http.eu-west-1",
        "does not belong in a URL",
    ),
    *(
        (
            "shop",
            at(*SHOP, "custom", to=[{"webhook": {"name": "tell", "url": "https://h.example.com/", key: address}}]),
            f"applications.shop.custom[0].webhook.{key}",
            said,
        )
        for key in ("url", "verify", "undo")
        for address, said in (
            ("https://h.example.com:99999/x", "a port from 1 to 65535"),
            ("https://ada:secret@h.example.com/x", "does not belong in a URL"),
        )
    ),
    (
        "shop",
        at(*SHOP, "traffic", 0, to={"cloudfront": {"distribution": "E1", "probe": "https://h.example.com:0/"}}),
        "applications.shop.traffic[0].cloudfront.probe",
        "a port from 1 to 65535",
    ),
    ("shop", at("schedule", "drill", to="0 10 * *"), "schedule.drill", "five fields"),
    ("shop", at("schedule", "drill", to="61 10 * * *"), "schedule.drill", "minute: expected *, 0-59"),
    (
        "shop",
        lambda data: data["applications"].update({"eu-west-1": data["applications"].pop("shop")}),
        "applications.eu-west-1",
        "not called like a region",
    ),
    (
        "second",
        at("applications", "identity", "depends_on", to=["payments"]),
        "applications.identity.depends_on",
        "wait for each other",
    ),
    (
        "second",
        at(*PAY, "database", "aurora_global", "global_cluster", to="identity-global"),
        "applications.payments.database.aurora_global.global_cluster",
        "the global cluster identity-global is used",
    ),
    (
        "second",
        at(*PAY, "capacity", 0, "ecs", "service", to="identity"),
        "applications.payments.capacity[0].ecs.service",
        "ledger/identity is used",
    ),
    (
        "second",
        at("applications", "identity", "traffic", 0, "standby_takes_over", "health_check", to="5f1c-payments-fra"),
        "applications.identity.traffic[0].standby_takes_over.health_check",
        "must be a switch of its own",
    ),
    (
        "second",
        at("applications", "identity", "traffic", 0, "standby_takes_over", "bucket", to={"eu-west-1": "b"}),
        "applications.identity.traffic[0].standby_takes_over.bucket",
        "expected an entry for eu-central-1",
    ),
    (
        "full",
        at(*SHOP, "traffic", 2, "standby_takes_over", "health_check", to="hc-id-2"),
        "applications.shop.traffic[2].standby_takes_over.health_check",
        "must be a switch of its own",
    ),
]


@pytest.mark.parametrize(("name", "change", "path", "message"), FATAL, ids=[f"{c[2]}-{n}" for n, c in enumerate(FATAL)])
def test_what_cannot_work_is_fatal_and_has_a_place(name: str, change: Change, path: str, message: str) -> None:
    fatal = [(where, text) for severity, where, text in findings(change, name) if severity == "fatal"]
    assert any(where == path and message in text for where, text in fatal), fatal


WARNING = [
    (at("control_region", to="eu-central-1"), "control_region", "the bot's own store would fail with it"),
    (at("approval", "approvers", "users", to=["U0ADA", "U0GRACE"]), "approval.forced.required", "one too few"),
    (at("approval", "approvers", "users", 2, to="U0ADA"), "approval.approvers.users[2]", "listed twice"),
    (at("people", 0, to={"name": "Ada"}), "people[0]", "no identity"),
    (at("detection", "hold_down", to="0s"), "detection.hold_down", "one look decides"),
    (at("schedule", "drill", to="0 10 * * 3"), "schedule.drill", "counted from Sunday = 0"),
    (at(*SHOP, "health", to=[]), "applications.shop", "there is no health"),
    (at(*SHOP, "verify", to=[]), "applications.shop", "there is no verify"),
    *(
        (
            at(*SHOP, "custom", to=[{"webhook": {"name": "tell", "url": "https://h.example.com/", key: address}}]),
            f"applications.shop.custom[0].webhook.{key}",
            "a query often holds a secret",
        )
        for key, address in (("url", "https://h.example.com/?a=b"), ("verify", "https://h.example.com/x?sig=c"))
    ),
    (at(*SHOP, "capacity", 0, "ecs", "standby", to=9), "applications.shop.capacity[0].ecs.standby", "runs more"),
]


@pytest.mark.parametrize(("change", "path", "message"), WARNING, ids=[f"{c[1]}-{n}" for n, c in enumerate(WARNING)])
def test_what_is_doubtful_is_a_warning(change: Change, path: str, message: str) -> None:
    found = findings(change)
    assert {severity for severity, _, _ in found} == {"warning"}
    assert any(where == path and message in text for _, where, text in found), found


def test_roles_of_a_schedule_are_named_for_every_region_or_for_none() -> None:
    def told(roles: dict[str, str]) -> list[tuple[str, str]]:
        entry = {"eventbridge_schedule": {"schedule": "nightly", "roles": roles}}
        found = findings(at(*SHOP, "consumers", to=[entry]), "shop")
        return [(severity, text) for severity, where, text in found if where.endswith("eventbridge_schedule.roles")]

    role = "arn:aws:iam::111122223333:role/schedule"
    assert told({}) == told({"eu-central-1": role, "eu-west-1": role}) == []
    assert told({"eu-central-1": role}) == [("fatal", "expected an entry for eu-west-1")]


def test_one_health_check_cannot_lead_to_several_standbys() -> None:
    switch = {"bucket": {"eu-west-1": "a", "eu-central-1": "b"}, "key": "active", "health_check": "hc"}
    found = findings(at("applications", "tickets", "traffic", to=[{"standby_takes_over": switch}]), "three")
    assert [(severity, where) for severity, where, text in found if "one SECONDARY record" in text] == [
        ("warning", "applications.tickets.traffic[0].standby_takes_over.bucket")
    ]


def test_two_identities_of_one_person_count_once_towards_the_quorum() -> None:
    def change(value: dict[str, Any]) -> None:
        value["people"] = [{"name": "Ada", "slack": "U0ADA"}]
        value["approval"]["approvers"] = {"users": ["U0ADA", "U0ADA"]}

    assert any(path == "approval.forced.required" for severity, path, _ in findings(change) if severity == "fatal")


def test_approvers_by_usergroup_are_left_to_doctor() -> None:
    assert findings(at("approval", to={"approvers": {"usergroup": "S1"}, "forced": {"required": 9}})) == []


def test_arc_endpoints_may_lie_outside_the_allowed_regions() -> None:
    assert findings(lambda value: None, "full") == []


def test_a_stateless_application_may_fail_over_by_its_own_health() -> None:
    def change(value: dict[str, Any]) -> None:
        del shop(value)["database"]
        shop(value)["traffic"][2]["standby_takes_over"]["health_check"] = "hc-id-2"

    assert findings(change, "full") == []


def test_custom_step_names_are_unique_over_kinds() -> None:
    def change(value: dict[str, Any]) -> None:
        shop(value)["custom"].append({"webhook": {"name": "warm-cache", "url": "https://hooks.example.com/x"}})

    found = findings(change, "full")
    assert [path for _, path, _ in found] == ["applications.shop.custom[1].webhook.name"]


def test_the_same_name_in_other_regions_or_accounts_is_another_service() -> None:
    def change(value: dict[str, Any]) -> None:
        value["applications"]["payments"]["capacity"][0]["ecs"]["service"] = "identity"
        value["applications"]["payments"]["account"] = {"role_arn": "arn:aws:iam::444455556666:role/dr"}

    assert findings(change, "second") == []


def test_fatal_findings_come_first() -> None:
    def change(value: dict[str, Any]) -> None:
        value["control_region"] = "eu-central-1"
        value["schedule"]["drill"] = "never"

    assert [severity for severity, _, _ in findings(change)] == [Severity.FATAL, Severity.WARNING]
