"""What is said of releases: which colour serves, whether the regions agree, and how old that is."""

import pytest

from bot.views.release import confirm
from bot.views.release import releases as message
from commands.rendering.text import render
from dr_core.errors import NotFoundError, UnreachableError, UsageError
from dr_core.releases.asking import Proposal, work_out
from dr_core.releases.looking import Looking
from dr_core.releases.memory import memory_ports
from dr_core.releases.model import Pointer, ReleaseState, Verb
from dr_core.reports.releases import release_report
from dr_core.reports.status import status
from tests.unit.approvals.conftest import CENTRAL, WEST, see
from tests.unit.releases.conftest import BUCKETS, POINTER, Regions


class Ours:
    def hold(self) -> bool:
        return True


def look(regions: Regions, after_s: float = 301) -> None:
    ports = memory_ports(regions.pointers, regions.artifacts, regions.colours)
    regions.services.clock.advance(after_s)  # type: ignore[attr-defined]
    Looking(regions.services, lambda account: ports, Ours()).round()  # type: ignore[arg-type]


def said(regions: Regions) -> tuple[str, str]:
    """The page of releases, and the line of the status."""
    report = release_report(regions.services)
    assert [text for text in (message(report).text,) if "shop" in text]
    lines = render(status(regions.services)).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("  release: "))
    return render(report), " ".join(line.strip() for line in lines[at : at + 2])


@pytest.mark.parametrize(
    ("found", "words", "line"),
    [
        ({}, "Releases of shop: blue in eu-central-1 and eu-west-1", "blue in eu-central-1 and eu-west-1; read now"),
        ({WEST: "green"}, "THE REGIONS DIFFER", "blue in eu-central-1, green in eu-west-1; THE REGIONS DIFFER"),
    ],
)
def test_what_serves_is_said_and_where_the_regions_differ(
    regions: Regions, found: dict[str, str], words: str, line: str
) -> None:
    for region, value in found.items():
        regions.pointers.pointers[POINTER, region] = Pointer(value=value, version=2)
    look(regions)
    page, short = said(regions)
    assert words in page
    assert line in short


def test_a_region_that_was_silent_is_named_and_read_again_as_soon_as_it_is_healthy(regions: Regions) -> None:
    regions.down(WEST, UnreachableError("SSM in eu-west-1 did not answer."))
    look(regions)
    with pytest.raises(UsageError, match=r"what serves in eu-west-1 could not be read at \d\d:\d\d:\d\dZ"):
        work_out(regions.services, Proposal("shop", Verb.PROMOTE))
    regions.fails.clear()
    look(regions, 20)
    with pytest.raises(UsageError, match="could not be read"):
        work_out(regions.services, Proposal("shop", Verb.PROMOTE))
    regions.services.clock.advance(40)  # type: ignore[attr-defined]
    see(regions.services)
    look(regions, 5)
    assert work_out(regions.services, Proposal("shop", Verb.PROMOTE)).colour == "green"


def test_nothing_is_said_to_agree_that_was_never_read_or_did_not_answer(regions: Regions) -> None:
    page, short = said(regions)
    assert "UNKNOWN in eu-central-1" in page
    assert "not read yet" in short
    regions.down(WEST, UnreachableError("gone"))
    look(regions)
    page, short = said(regions)
    assert "blue in eu-central-1, UNKNOWN in eu-west-1; eu-west-1 did not answer" in short
    assert "UNKNOWN  eu-central-1: 1 object" in page
    assert release_report(regions.services).applications[0].line.agree is None


def test_what_nobody_has_looked_at_for_long_is_not_said_to_agree(regions: Regions) -> None:
    look(regions)
    regions.services.clock.advance(3 * 86400)  # type: ignore[attr-defined]
    assert release_report(regions.services).applications[0].line.agree is None
    page, short = said(regions)
    assert "nobody has looked since" in page
    assert "blue in eu-central-1, blue in eu-west-1; nobody has looked since" in short
    assert short.endswith("read 3 d ago")


def test_the_confirmation_without_a_region_says_how_old_the_colour_is_that_it_names(regions: Regions) -> None:
    look(regions)
    meant = work_out(regions.services, Proposal("shop", Verb.PROMOTE, without=(WEST,)))
    shown = str(confirm(meant, [], "C1"))
    assert "from blue" in shown
    assert "read again before anything moves" in shown
    assert "equal in every region" not in shown


def test_what_a_release_has_seen_is_newer_than_the_last_look(regions: Regions) -> None:
    look(regions)
    ended = regions.live_through(regions.ask().id)
    assert (ended.state, ended.colour, ended.came_from) == (ReleaseState.DONE, "green", "blue")
    page, short = said(regions)
    assert "green in eu-central-1 and eu-west-1" in short
    assert f"{ended.id} promote blue to green, by Ada: done" in page


def test_an_artifact_that_differs_is_said_region_by_region(regions: Regions) -> None:
    regions.artifacts.objects[BUCKETS[CENTRAL]]["green/new.js"] = b"x" * 2048
    look(regions)
    page, _ = said(regions)
    assert "green  DIFFERS" in page
    assert "eu-west-1 lacks new.js" in page
    assert "2.1 kB" in page


def test_a_word_that_is_no_colour_and_a_parameter_that_is_not_there_are_no_agreement(regions: Regions) -> None:
    regions.pointers.pointers = {(POINTER, region): Pointer(value="purple", version=1) for region in BUCKETS}
    look(regions)
    line = release_report(regions.services).applications[0].line
    assert (line.agree, "no colour" in line.reason) == (False, True)
    regions.pointers.pointers = {(POINTER, CENTRAL): Pointer(value="blue", version=1)}
    look(regions)
    line = release_report(regions.services).applications[0].line
    assert (line.agree, line.absent, line.reason) == (False, (WEST,), "")
    assert "NO PARAMETER in eu-west-1" in said(regions)[0]


def test_a_region_that_no_look_has_seen_is_not_known_and_the_oldest_value_gives_the_age(regions: Regions) -> None:
    look(regions)
    read_at = regions.services.clock.now()
    regions.down(WEST, UnreachableError("gone"))
    assert regions.live_through(regions.ask(colour="green", without=(WEST,)).id).state is ReleaseState.DONE
    line = release_report(regions.services).applications[0].line
    assert (line.agree, line.read_at) == (False, read_at)
    entry = regions.services.topology.applications["shop"]
    more = entry.model_copy(update={"standby": (*entry.standby, "eu-west-3")})
    regions.services.topology.applications["shop"] = more
    regions.fails.clear()
    regions.pointers.pointers[POINTER, WEST] = Pointer(value="green", version=3)
    line = release_report(regions.services).applications[0].line
    assert line.colours["eu-west-3"] is None
    assert "eu-west-3 was not read yet" in line.reason
    regions.services.topology.applications["shop"] = entry.model_copy(update={"release": None})
    with pytest.raises(NotFoundError, match="shop has no `release`"):
        release_report(regions.services, "shop")
