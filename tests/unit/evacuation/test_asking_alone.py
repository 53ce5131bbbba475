"""The ways out that are printed work as they are printed; where nobody can say who writes, somebody has to."""

import shlex
from dataclasses import replace
from typing import Any

import pytest

from commands.arguments import bind
from commands.parsing import parse
from commands.rendering.evacuation import held_way_out
from dr_core.approvals.model import Request
from dr_core.approvals.open import open_request
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.errors import RefusedError
from dr_core.evacuation.asking_alone import command, without_override
from dr_core.evacuation.survey import Asked, survey
from dr_core.execution.model import RunState
from dr_core.execution.quorum import LASTS
from dr_core.plan.step import Mode
from dr_core.reports.evacuation import evacuation_view
from dr_core.store import observations
from tests.unit.commands.conftest import observation
from tests.unit.evacuation.conftest import INES, JONAS, NEEDS, REQUESTER, A, B, Region, many


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """What is written is the same on each database: test_deciding.py."""
    return sqlite_url


@pytest.mark.parametrize(
    ("source", "mode", "overrides", "expected"),
    [
        (None, Mode.PLANNED, (), "failover B web"),
        ("A", Mode.PLANNED, ("x",), "failover B web --from A --override x"),
        ("A", Mode.FORCED, ("x", "y", "x"), "failover B web --from A --override x --override y --forced --reason TEXT"),
    ],
)
def test_the_command_names_all_that_it_needs(
    source: str | None, mode: Mode, overrides: tuple[str, ...], expected: str
) -> None:
    assert command("B", "web", source=source, mode=mode, overrides=overrides) == expected


def test_the_override_is_said_once() -> None:
    assert without_override("Wait. To go on all the same: --override x") == "Wait."
    assert without_override("To go on all the same: --override x") == ""


def typed(region: Region, words: str) -> Request:
    """What the command that is printed asks for."""
    [line] = [part for part in words.split("`") if part.startswith("failover ")][-1:]
    values: dict[str, Any] = dict(bind(parse(line, prefix="dr", json_allowed=False), region.services.topology).values)
    assert values.get("reason") or not values.get("forced"), shlex.split(line)
    return open_request(
        region.services,
        application=values["application"],
        target=values["region"],
        mode=Mode.FORCED if values.get("forced") else Mode.PLANNED,
        source=values.get("from"),
        overrides=tuple(values.get("override") or ()),
        actor=region.actor(REQUESTER),
        reason="x",
        cmd_id="typed",
    )


def two_writers(region: Region, name: str) -> None:
    seen = observation(region.services.topology, name, region.clock, down=(A,))
    assert seen.database is not None
    members = tuple(one.model_copy(update={"is_writer": True}) for one in seen.database.members)
    database = seen.database.model_copy(update={"members": members})
    twice = seen.model_copy(update={"writers": (A, B), "database": database})
    region.services.store.write(lambda tx: observations.save(tx, twice))


def test_what_a_finding_blocks_goes_by_the_command_that_is_printed(region: Region) -> None:
    region.see(down=(A, B), names=("mail",))
    [mail] = [one for one in region.ask().left if one.application == "mail"]
    assert mail.way_out.count("--override target-down") <= 1
    assert typed(region, mail.way_out).application == "mail"


def test_where_two_write_no_override_of_the_others_chooses_the_region(region: Region) -> None:
    two_writers(region, "mail")
    codes = ("two-writers", "writer-unknown")
    found = region.read(lambda tx: survey(tx, region.services, Asked(B, None, Mode.FORCED, codes)))
    assert "mail" not in {one.application for one in found.going}
    [mail] = [one for one in found.left if one.application == "mail"]
    assert "cannot be said" in mail.reason
    assert f"--from {A}" in mail.way_out
    assert typed(region, mail.way_out).plan.source == A


def test_where_somebody_names_the_region_it_goes_by_its_override(region: Region) -> None:
    two_writers(region, "mail")
    blocked = region.read(lambda tx: survey(tx, region.services, Asked(B, A, Mode.FORCED)))
    codes = tuple(finding.code for finding in blocked.blocking)
    found = region.read(lambda tx: survey(tx, region.services, Asked(B, A, Mode.FORCED, codes)))
    assert "mail" in {one.application for one in found.going}


def test_the_way_out_of_a_held_one_and_of_one_that_lapsed_can_be_typed(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    region.finish(evacuation, "identity", RunState.ABORTED)
    region.finish(evacuation, "mail")
    region.advance()
    told = held_way_out(evacuation_view(region.services, evacuation.id))
    assert f"`failover {B} identity --from {A} --forced --reason TEXT`" in told
    assert f"`failover {B} payments --from {A} --forced --reason TEXT`" in told
    region.clock.advance(LASTS.total_seconds() + 1)
    region.see()
    region.advance()
    found = region.read(lambda tx: trail.listing(tx, limit=500, chain="ops"))
    [lapsed] = [event for event in found if event.kind == EventKind.EVACUATION_LAPSED]
    assert typed(region, f"`{lapsed.data['alone']}`").application == "payments"


def test_an_application_may_be_named_like_the_end_of_an_id(region: Region) -> None:
    """An ask that is refused stands in the trail by an id of its own; the same id may ask again."""
    topology = many(region.services.topology, {**NEEDS, "refused": ()})
    region.services = replace(region.services, topology=topology)
    region.see()
    with pytest.raises(RefusedError):
        region.ask(target=A, cmd_id="same")
    assert "refused" in region.requests(region.ask(cmd_id="same"))
