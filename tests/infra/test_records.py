"""What moves users: with one writer nothing but a switch, without one their health."""

from pathlib import Path
from typing import Any

import pytest

from dr_core.topology.load import load_checked
from dr_core.topology.model import Application
from infra.config import read_config
from infra.records import Answer, Follows, answers, without_record
from tests.infra.synthesized import CONFIGS

TOPOLOGIES = Path(__file__).parents[1] / "topologies"


def _answers(app: Application) -> tuple[Answer, ...]:
    [spec] = [entry.route53_records for entry in app.traffic if entry.route53_records]
    return answers(app, spec)


def _topology(file: str, name: str) -> Application:
    return load_checked(TOPOLOGIES / f"{file}.yaml").applications[name]


def _shown(found: tuple[Answer, ...]) -> list[tuple[Any, ...]]:
    return [(one.region, one.role or one.weight, one.follows, one.evaluates) for one in found]


@pytest.mark.parametrize(
    ("file", "name", "wanted"),
    [
        (
            "consumers", "harbour",  # one writer, and nothing but the records to switch by
            [("eu-north-1", 100, Follows.NOTHING, False), ("eu-west-3", 0, Follows.NOTHING, False)],
        ),
        (
            "three", "tickets",
            [("eu-north-1", 100, Follows.NOTHING, False), ("eu-west-1", 0, Follows.NOTHING, False),
             ("eu-central-1", 0, Follows.NOTHING, False)],
        ),
        (
            "controls", "ledger",
            [("eu-west-3", 100, Follows.CONTROL, False), ("eu-south-1", 100, Follows.CONTROL, False)],
        ),
        (
            "canary", "site",  # without a database, but with a share to be sent ahead
            [("eu-south-1", 100, Follows.HEALTH, True), ("eu-west-3", 0, Follows.HEALTH, True)],
        ),
        (
            "active", "catalog",
            [("eu-central-1", 70, Follows.NOTHING, True), ("eu-west-1", 30, Follows.NOTHING, True)],
        ),
        (
            "active", "edge",
            [("eu-north-1", 100, Follows.CONTROL, True), ("eu-west-1", 100, Follows.CONTROL, True),
             ("eu-central-1", 100, Follows.CONTROL, True)],
        ),
    ],
)  # fmt: skip
def test_how_a_name_is_answered(file: str, name: str, wanted: list[tuple[Any, ...]]) -> None:
    assert _shown(_answers(_topology(file, name))) == wanted


def test_a_take_over_object_makes_a_pair_of_failover_records() -> None:
    press = read_config(CONFIGS / "edges.yaml").applications["press"]
    assert _shown(_answers(press)) == [
        ("eu-west-1", "PRIMARY", Follows.SWITCH, False), ("eu-south-1", "SECONDARY", Follows.NOTHING, False),
    ]  # fmt: skip


def test_a_pair_has_no_room_for_a_third_region_and_that_is_told() -> None:
    raw = _topology("three", "tickets").model_dump(mode="json", exclude_unset=True)
    raw["traffic"].append(
        {"standby_takes_over": {"bucket": {"eu-central-1": "b"}, "key": "k", "health_check": "deployed:switch"}}
    )
    app = Application.model_validate(raw)
    [spec] = [entry.route53_records for entry in app.traffic if entry.route53_records]
    assert [(one.region, one.role) for one in answers(app, spec)] == [
        ("eu-north-1", "PRIMARY"), ("eu-central-1", "SECONDARY"),
    ]  # fmt: skip
    assert without_record(app, spec) == ("eu-west-1",)


def test_two_regions_without_a_database_fail_over_by_themselves() -> None:
    paper = read_config(CONFIGS / "edges.yaml").applications["paper"]
    assert _shown(_answers(paper)) == [
        ("eu-south-1", "PRIMARY", Follows.HEALTH, True), ("eu-west-1", "SECONDARY", Follows.HEALTH, True),
    ]  # fmt: skip


def test_a_name_without_checks_is_no_pair_unless_it_can_follow_its_target() -> None:
    raw = read_config(CONFIGS / "edges.yaml").applications["paper"].model_dump(mode="json", exclude_unset=True)
    raw["health"] = [entry for entry in raw["health"] if "route53" not in entry]
    assert [one.role for one in _answers(Application.model_validate(raw))] == ["PRIMARY", "SECONDARY"]
    raw["traffic"][0]["route53_records"]["type"] = "CNAME"
    assert _shown(_answers(Application.model_validate(raw))) == [
        ("eu-south-1", 100, Follows.NOTHING, True), ("eu-west-1", 0, Follows.NOTHING, True),
    ]  # fmt: skip


@pytest.mark.parametrize("path", sorted(TOPOLOGIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_with_one_writer_no_health_moves_anybody(path: Path) -> None:
    for app in load_checked(path).applications.values():
        for spec in (entry.route53_records for entry in app.traffic if entry.route53_records):
            made = answers(app, spec)
            assert made
            if app.database is not None:
                assert not any(one.evaluates or one.follows is Follows.HEALTH for one in made)
