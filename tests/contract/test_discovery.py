"""`dr config discover` and drift on the look-alike: what is found in a seeded world is what it was seeded from."""

from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox.world.world import World
from commands import discover
from commands.parsing import Arguments
from dr_core.aws.clients import observing_clients
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.discovery.draft import draft
from dr_core.discovery.found import Found
from dr_core.discovery.look import look
from dr_core.errors import RefusedError, UnreachableError, UsageError
from dr_core.plan.step import Severity
from dr_core.readiness.examination import Subject
from dr_core.readiness.examinations import drift
from dr_core.readiness.model import Check, CheckState
from dr_core.readiness.preflight import preflight
from dr_core.readiness.surroundings import ServedCertificate, Surroundings
from dr_core.reports.listing import Message
from dr_core.topology.load import check_file, load_checked, load_topology
from dr_core.topology.model import Application, Topology

TOPOLOGIES = Path(__file__).parents[1] / "topologies"


class Place:
    """A world of one sample topology, and a look at it."""

    def __init__(self, file: str, folder: Path) -> None:
        self.topology: Topology = load_topology(TOPOLOGIES / file)
        self.folder = folder
        self.world = World(self.topology, data_dir=folder, clock=ManualClock(datetime.now(UTC)), speed=1.0)
        self.url = self.world.start().aws_url
        aws = AwsSessions.for_topology(self.topology, self.url)
        self.client_of = observing_clients(aws, None)

    def look(self, *regions: str, **tags: str) -> Found:
        return look(self.client_of, regions, tuple(tags.items()), ManualClock(datetime.now(UTC)))

    def drafted(self, name: str, *regions: str, **tags: str) -> Application:
        """The application of a draft that `dr config check` accepts."""
        path = self.folder / f"{name}.yaml"
        path.write_text(draft(self.look(*regions, **tags), name), encoding="utf-8")
        return load_checked(path).applications[name]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Place]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        running: dict[str, Place] = {}

        def start(file: str) -> Place:
            """The one that runs, or a new one in its place: moto holds one world a process."""
            if file not in running:
                for one in running.values():
                    one.world.stop()
                running.clear()
                running[file] = Place(file, tmp_path_factory.mktemp("world"))
            return running[file]

        yield start
        for one in running.values():
            one.world.stop()


@pytest.fixture
def full(place: Callable[[str], Place]) -> Place:
    return place("full.yaml")


def test_one_application_is_drafted_as_it_is_named(full: Place) -> None:
    real, found = full.topology.applications["shop"], full.drafted("shop", "eu-central-1", "eu-west-1")
    assert found.regions == real.regions
    assert found.database == real.database
    # An alarm says nothing of which application's region it means: people name those.
    assert found.health == tuple(one for one in real.health if one.alarm is None)
    assert found.secrets == real.secrets
    assert found.keys == real.keys
    assert found.tables == real.tables
    assert [one.elasticache_global for one in found.cache] != []
    assert [one.s3.buckets for one in found.storage if one.s3] == [one.s3.buckets for one in real.storage if one.s3]
    records = [entry.route53_records for entry in real.traffic if entry.route53_records]
    assert [entry.route53_records for entry in found.traffic if entry.route53_records] == records
    # The records follow the routing controls there, so that nothing leads from them to the take-over object.
    assert [entry.standby_takes_over for entry in found.traffic if entry.standby_takes_over] == []
    sizes = {(e.ecs.cluster, e.ecs.service, e.ecs.active, e.ecs.standby) for e in real.capacity if e.ecs}
    assert {(e.ecs.cluster, e.ecs.service, e.ecs.active, e.ecs.standby) for e in found.capacity if e.ecs} == sizes
    assert [e.autoscaling for e in found.capacity if e.autoscaling] == [
        e.autoscaling for e in real.capacity if e.autoscaling
    ]


def test_what_stands_alone_is_said_and_left_out(full: Place) -> None:
    text = draft(full.look("eu-central-1", "eu-west-1"), "shop")
    assert "bucket shop-dr-anchors-eu-west-1 in eu-west-1 replicates nowhere; left out" in text


def test_nothing_was_changed_by_looking(full: Place) -> None:
    before = full.world.calls()
    full.look("eu-central-1", "eu-west-1", application="shop")
    assert full.world.calls() == before


def test_a_region_that_does_not_answer_is_noted_and_the_draft_still_stands(full: Place) -> None:
    fault = full.world.add_fault("region_down", region="eu-west-1")
    try:
        found = full.look("eu-central-1", "eu-west-1")
    finally:
        full.world.remove_fault(fault)
    assert any("eu-west-1" in note and "could not be asked" in note for note in found.notes)
    path = full.folder / "half.yaml"
    path.write_text(draft(found, "shop"), encoding="utf-8")
    assert not check_file(path).fatal


def test_no_answer_at_all_is_an_error_and_no_draft(full: Place) -> None:
    aws = AwsSessions(("eu-central-1", "eu-west-1"), endpoint_url="http://127.0.0.1:1")
    with pytest.raises(UnreachableError, match="Nothing answered"):
        look(observing_clients(aws, None), ("eu-central-1", "eu-west-1"), (), ManualClock(datetime.now(UTC)))


def test_denied_is_not_the_same_as_nothing_there(full: Place) -> None:
    fault = full.world.add_fault("denied", service="secretsmanager")
    try:
        found = full.look("eu-central-1", "eu-west-1")
    finally:
        full.world.remove_fault(fault)
    assert found.secrets == {}
    assert sum(note.startswith("secrets in ") for note in found.notes) == 2


def test_tags_choose_one_of_two_applications_and_links_bring_the_rest(place: Callable[[str], Place]) -> None:
    """https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"""
    second = place("second.yaml")
    real, found = second.topology.applications, second.look("eu-west-1", "eu-central-1", application="payments")
    assert [one.global_cluster for one in found.databases] == ["payments-global"]
    assert set(found.secrets) == set(real["payments"].secrets)
    assert {(one.cluster, one.service) for one in found.services} == {
        ("ledger", "payments"),
        ("ledger", "payments-jobs"),
    }
    assert [set(one.buckets.values()) for one in found.buckets] == [{"ledger-receipts-dub", "ledger-receipts-fra"}]
    assert found.parameters
    assert all(name.startswith(("/ledger/payments/", "/ledger/flags")) for name in found.parameters)
    drafted = second.drafted("payments", "eu-west-1", "eu-central-1", application="payments")
    assert drafted.primary == "eu-west-1"
    assert drafted.database == real["payments"].database


def test_three_regions_are_one_application(place: Callable[[str], Place]) -> None:
    three = place("three.yaml")
    drafted = three.drafted("tickets", "eu-west-1", "eu-north-1", "eu-central-1")
    assert drafted.primary == "eu-north-1", "where the writer is, not what was named first"
    assert set(drafted.standby) == {"eu-west-1", "eu-central-1"}
    assert drafted.database == three.topology.applications["tickets"].database


def test_the_command_writes_a_new_file_and_never_over_one(
    full: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", full.url)
    out = tmp_path / "draft.yaml"
    given: dict[str, str | bool | tuple[str, ...]] = {
        "region": ("eu-central-1", "eu-west-1"),
        "tag": ("application=shop",),
        "out": str(out),
    }
    said = discover.run(Arguments(given))
    assert isinstance(said, Message)
    assert said.text == f"{out} is written."
    assert list(load_checked(out).applications) == ["shop"], "named by its tag"
    with pytest.raises(RefusedError, match="exists already"):
        discover.run(Arguments(given))
    with pytest.raises(UsageError, match="KEY=VALUE"):
        discover.run(Arguments({**given, "tag": ("shop",)}))
    with pytest.raises(UsageError, match="two regions"):
        discover.run(Arguments({**given, "region": ("eu-central-1",)}))


# -- drift -----------------------------------------------------------------------------------------------------------


def _nobody(*_: object) -> ServedCertificate:
    raise AssertionError("drift shakes no hands")


def _checks(place: Place, active: str = "eu-central-1") -> dict[tuple[str, str], Check]:
    """What the examination of drift says of `shop`, by code and subject."""
    now = datetime.now(UTC)
    subject = Subject("shop", place.topology, place.client_of, None, active, now, Surroundings(handshake=_nobody))
    sheet = preflight(subject, (drift.inquiries,), ManualClock(now))
    return {(check.code, check.subject): check for check in sheet.checks}


def test_a_world_as_declared_has_no_drift(full: Place) -> None:
    found = _checks(full)
    assert {check.state for check in found.values()} == {CheckState.OK}, [c.message for c in found.values()]
    kinds = {code.partition(":")[2] for code, _ in found}
    assert kinds == {"database", "storage", "traffic", "secrets", "tables", "cache"}


def test_what_nobody_declared_is_a_finding_with_a_diff(full: Place) -> None:
    declared = full.topology
    app = declared.applications["shop"]
    assert app.database is not None
    assert app.database.aurora_global is not None
    renamed = {**app.database.aurora_global.clusters, "eu-west-1": "shop-of-yesterday"}
    spec = app.database.aurora_global.model_copy(update={"clusters": renamed})
    changed = app.model_copy(update={"database": app.database.model_copy(update={"aurora_global": spec})})
    place = copy(full)
    place.topology = declared.model_copy(update={"applications": {"shop": changed}})
    database = _checks(place)["drift:database", "shop"]
    assert (database.state, database.severity) == (CheckState.FINDING, Severity.WARNING)
    assert "-eu-west-1: shop-of-yesterday" in database.evidence
    assert "+eu-west-1: shop-eu-west-1" in database.evidence
    assert database.message == "shop differs from dr.yaml: 1 declared and not found, 1 found and not declared."


def test_a_rule_that_leads_elsewhere_is_a_finding(full: Place) -> None:
    s3, bucket = full.client_of("s3", "eu-central-1"), "shop-web-eu-central-1"
    before = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]
    extra = {
        **before["Rules"][0],
        "ID": "more",
        "Priority": 9,
        "Destination": {"Bucket": "arn:aws:s3:::shop-dr-anchors-eu-west-1"},
    }
    try:
        more = {**before, "Rules": [*before["Rules"], extra]}
        s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=more)
        storage = _checks(full)["drift:storage", bucket]
    finally:
        s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=before)
    assert storage.state is CheckState.FINDING
    assert "+shop-dr-anchors-eu-west-1" in storage.evidence


def test_a_replica_of_a_secret_that_is_gone_is_a_finding(full: Place) -> None:
    secrets = full.client_of("secretsmanager", "eu-central-1")
    secrets.remove_regions_from_replication(SecretId="shop/api/keys", RemoveReplicaRegions=["eu-west-1"])
    try:
        found = _checks(full)["drift:secrets", "shop/api/keys"]
    finally:
        secrets.replicate_secret_to_regions(SecretId="shop/api/keys", AddReplicaRegions=[{"Region": "eu-west-1"}])
    assert "-eu-west-1" in found.evidence


@pytest.mark.parametrize("kind", ["region_down", "denied", "throttle"])
def test_what_cannot_be_asked_is_unknown_and_says_why(full: Place, kind: str) -> None:
    where = {"region": "eu-west-1"} if kind == "region_down" else {"service": "rds"}
    fault = full.world.add_fault(kind, **where)
    try:
        found = _checks(full)
    finally:
        full.world.remove_fault(fault)
    unknown = found["drift-database-unknown", "shop"]
    assert unknown.state is CheckState.UNKNOWN
    assert "could not be asked" in unknown.message
    assert found["drift:traffic", "api.example.com"].state is CheckState.OK
