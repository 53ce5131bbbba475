"""From what was found to a draft: always a file that loads, whatever AWS returned; guesses are marked as such."""

from pathlib import Path

import pytest

from dr_core.discovery.draft import FILL, draft, paths
from dr_core.discovery.drift import by_region, drift
from dr_core.discovery.found import Buckets, Database, Found, Group, HealthCheck, Records, RecordSet, Service
from dr_core.discovery.look import linked
from dr_core.discovery.placing import place, takeover
from dr_core.topology.load import load_checked
from dr_core.topology.model import Application

HOME, AWAY, THIRD = "ap-south-1", "ap-south-2", "ap-east-1"


def record(
    identifier: str,
    *,
    weight: int | None = None,
    role: str | None = None,
    check: str | None = None,
    value: str = "192.0.2.1",
) -> RecordSet:
    return RecordSet(identifier, weight, role, check, (value,))


def records(*sets: RecordSet, name: str = "api.example.com") -> Records:
    return Records("Z1", name, "A", sets)


def application(found: Found, tmp_path: Path, name: str = "shop") -> Application:
    path = tmp_path / "dr.yaml"
    path.write_text(draft(found, name), encoding="utf-8")
    (loaded,) = load_checked(path).applications.values()
    return loaded


def test_nothing_found_is_still_a_file_that_loads_and_says_what_to_fill_in(tmp_path: Path) -> None:
    found = Found((HOME, AWAY), notes=("secrets in ap-south-2 could not be asked: denied",))
    assert application(found, tmp_path).regions == (HOME, AWAY)
    text = draft(found, "shop")
    assert "# Not known: secrets in ap-south-2 could not be asked: denied" in text
    assert sum(FILL[2:] in line for line in text.splitlines()) >= 6


def test_the_writers_region_is_the_primary(tmp_path: Path) -> None:
    database = Database("ledger", {HOME: "ledger-1", AWAY: "ledger-2"}, AWAY)
    found = application(Found((HOME, AWAY), databases=(database,)), tmp_path)
    assert (found.primary, found.standby) == (AWAY, (HOME,))


def test_a_member_outside_the_regions_asked_about_is_left_out_and_said(tmp_path: Path) -> None:
    database = Database("ledger", {HOME: "a", AWAY: "b", THIRD: "c"}, THIRD)
    found = Found((HOME, AWAY), databases=(database, Database("other", {HOME: "x", AWAY: "y"}, HOME)))
    drafted = application(found, tmp_path)
    assert drafted.primary == HOME
    assert drafted.database is not None
    assert drafted.database.aurora_global is not None
    assert set(drafted.database.aurora_global.clusters) == {HOME, AWAY}
    assert f"# it has a member in {THIRD}, too" in draft(found, "shop")
    assert "# found, too: global cluster other" in draft(found, "shop")


@pytest.mark.parametrize(
    "name", ["yes", "1.5", "a: b", "quo\"te'd", "#comment", "new\nline: {x: y}", "{flow}", "ümlaut", "*star", "- dash"]
)
def test_no_name_breaks_out_of_its_place(tmp_path: Path, name: str) -> None:
    printable = "".join(char for char in name if char.isprintable())
    found = Found(
        (HOME, AWAY),
        buckets=(Buckets({HOME: printable, AWAY: "other"}), Buckets({HOME: name})),
        secrets={printable: (HOME,), "plain": (HOME, AWAY)},
        keys={"alias/x": (HOME,)},
        records=(records(record(printable, weight=1), record("b", weight=0)), records(record(name, weight=1))),
        services=(Service(printable, "web", {HOME: 2}),),
        notes=(f"{name} was denied",),
    )
    drafted = application(found, tmp_path)
    assert drafted.secrets == (printable, "plain")
    assert drafted.storage[0].s3 is not None
    assert drafted.storage[0].s3.buckets[HOME] == printable


def test_an_application_is_called_as_the_file_wants_it(tmp_path: Path) -> None:
    path = tmp_path / "dr.yaml"
    for name, wanted in (("Shop EU", "shop-eu"), ("3rd", "app-3rd"), ("", "app"), ("x" * 99, "x" * 41)):
        path.write_text(draft(Found((HOME, AWAY)), name), encoding="utf-8")
        assert list(load_checked(path).applications) == [wanted]


def test_capacity_is_what_runs_now_and_what_one_region_lacks_is_left_out(tmp_path: Path) -> None:
    found = Found(
        (HOME, AWAY),
        services=(Service("c", "web", {HOME: 6, AWAY: 2}), Service("c", "jobs", {HOME: 1})),
        groups=(Group("workers", {HOME: 0, AWAY: 3}),),
    )
    sizes = [(entry.value.active, entry.value.standby) for entry in application(found, tmp_path).capacity]
    assert sizes == [(6, 2), (1, 1)]
    assert f"# c/jobs is missing in {AWAY}; left out" in draft(found, "shop")


def test_health_checks_of_the_applications_domain_become_its_health(tmp_path: Path) -> None:
    checks = tuple(
        HealthCheck(f"hc-{region}", f"api-{region}.example.com", port, "/up", True, False)
        for region, port in ((HOME, 443), (AWAY, 8443))
    )
    sets = records(record("one", weight=100, value=f"lb.{HOME}.elb"), record("two", weight=0, value=f"lb.{AWAY}.elb"))
    health = application(Found((HOME, AWAY), checks=checks, records=(sets,)), tmp_path).health
    assert health[0].http == {
        HOME: f"https://api-{HOME}.example.com/up",
        AWAY: f"https://api-{AWAY}.example.com:8443/up",
    }
    assert health[1].route53 == {HOME: f"hc-{HOME}", AWAY: f"hc-{AWAY}"}


def test_other_applications_records_are_shown_and_not_taken(tmp_path: Path) -> None:
    mine = records(record(f"shop-{HOME}", weight=1), record(f"shop-{AWAY}", weight=0), name="shop.example.com")
    other = records(record(f"p-{HOME}", weight=1), record(f"p-{AWAY}", weight=0), name="pay.example.com")
    found = Found((HOME, AWAY), records=(mine, other))
    (traffic,) = application(found, tmp_path).traffic
    assert traffic.route53_records is not None
    assert traffic.route53_records.name == "shop.example.com"
    assert "# " + "  - route53_records: {hosted_zone: Z1, name: pay.example.com" in draft(found, "shop")


# -- placing records ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sets", "expected", "unplaced", "guessed"),
    [
        ((record(f"x-{HOME}"), record(f"x-{AWAY}")), {HOME: f"x-{HOME}", AWAY: f"x-{AWAY}"}, 0, False),
        ((record("a", value=f"lb.{AWAY}.elb"), record("b", value=f"lb.{HOME}.elb")), {HOME: "b", AWAY: "a"}, 0, False),
        ((record("blue", weight=0), record("green", weight=100)), {HOME: "green", AWAY: "blue"}, 0, True),
        ((record("p", role="PRIMARY"), record("s", role="SECONDARY")), {HOME: "p", AWAY: "s"}, 0, True),
        ((record("a", weight=50), record("b", weight=50)), {}, 2, False),
        ((record(f"x-{HOME}", weight=0), record("b", weight=1)), {HOME: f"x-{HOME}", AWAY: "b"}, 0, True),
        ((record(f"{HOME}-{AWAY}", weight=0), record("b", weight=0)), {}, 2, False),
    ],
    ids=["identifiers", "values", "weights", "roles", "both have traffic", "the one left", "a name of two regions"],
)
def test_a_record_is_placed_by_a_regions_name_else_by_the_writers_traffic(
    sets: tuple[RecordSet, ...], expected: dict[str, str], unplaced: int, guessed: bool
) -> None:
    placed = place(records(*sets), (HOME, AWAY), HOME, {})
    assert {region: one.identifier for region, one in placed.regions.items()} == expected
    assert len(placed.unplaced) == unplaced
    assert bool(placed.guessed) == guessed


def test_of_three_opaque_records_only_the_one_with_traffic_is_placed() -> None:
    sets = (record("a", weight=100), record("b", weight=0), record("c", weight=0))
    placed = place(records(*sets), (HOME, AWAY, THIRD), HOME, {})
    assert {region: one.identifier for region, one in placed.regions.items()} == {HOME: "a"}
    assert [one.identifier for one in placed.unplaced] == ["b", "c"]


def test_an_inverted_check_of_an_object_is_a_takeover_switch() -> None:
    checks = {"hc": HealthCheck("hc", f"switch-2.s3.{AWAY}.amazonaws.com", 443, "/on/now", True, True)}
    placed = place(
        records(record("p", role="PRIMARY", check="hc"), record("s", role="SECONDARY")), (HOME, AWAY), HOME, checks
    )
    assert takeover(placed, checks) == (AWAY, "switch-2", "on/now", "hc")
    assert {region: one.identifier for region, one in placed.regions.items()} == {HOME: "p", AWAY: "s"}


# -- links and folders -------------------------------------------------------------------------------------------------


def test_buckets_that_rules_link_are_one_store_and_a_wanted_one_brings_the_rest() -> None:
    links = {HOME: {"a": ["b"], "c": [], "d": ["elsewhere"]}, AWAY: {"b": []}, THIRD: {"e": ["b"]}}
    everything = linked(links, lambda arn: True)
    assert [one.buckets for one in everything] == [{HOME: "a", AWAY: "b", THIRD: "e"}, {HOME: "c"}, {HOME: "d"}]
    assert everything[0].one_way == (AWAY,)
    assert [one.buckets for one in linked(links, lambda arn: arn.endswith(":b"))] == [
        {HOME: "a", AWAY: "b", THIRD: "e"}
    ]


def test_parameters_are_drafted_by_their_outermost_folders() -> None:
    names = ("/shop/config/a", "/shop/config/deep/b", "/shop/flags/x", "plain", "/top")
    assert paths(names) == ("/shop/config/", "/shop/flags/", "/top", "plain")


# -- drift -------------------------------------------------------------------------------------------------------------


def test_drift_is_told_as_a_diff_and_order_means_nothing() -> None:
    assert drift(("a", "b"), ("b", "a")).diff == ""
    found = drift(by_region({HOME: "one", AWAY: "two"}), by_region({HOME: "one", AWAY: "three", THIRD: "four"}))
    assert (found.missing, found.undeclared) == (1, 2)
    assert set(found.diff.splitlines()[2:]) == {f"-{AWAY}: two", f"+{AWAY}: three", f"+{THIRD}: four"}
    assert found.sentence == "1 declared and not found, 2 found and not declared"


def test_a_long_diff_is_cut_and_says_so() -> None:
    assert drift((), [f"line {number}" for number in range(50)]).diff.splitlines()[-1] == "... and 32 more lines"
