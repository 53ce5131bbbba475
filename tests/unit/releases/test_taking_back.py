"""What is said of a release that goes back: where it did not, and as often as people want to hear it."""

from itertools import count

import pytest

from bot.views.release_events import release as words
from dr_core.audit.events import EventKind
from dr_core.errors import DeniedError, UnreachableError
from dr_core.incidents import telling
from dr_core.releases.model import Pointer, ReleaseState
from tests.unit.approvals.conftest import CENTRAL, WEST
from tests.unit.releases.conftest import POINTER, Regions
from tests.unit.releases.test_moving import promoted, told


def test_a_region_that_somebody_else_has_moved_is_not_said_to_be_back(regions: Regions) -> None:
    def meddle(operation: str, region: str) -> None:
        if region == CENTRAL:
            regions.pointers.pointers[POINTER, WEST] = Pointer(value="purple", version=2)

    regions.pointers.after = meddle
    assert promoted(regions).state is ReleaseState.UNDONE
    [event] = told(regions, EventKind.RELEASE_UNDONE)
    assert event.data["left"] == {WEST: "somebody else has moved it since"}
    for said in (words(event, "")[EventKind.RELEASE_UNDONE], str(telling.words(event))):
        assert "in every region but eu-west-1 (somebody else has moved it since)" in said


def test_a_region_that_a_later_release_leaves_out_is_not_said_to_be_back(regions: Regions) -> None:
    asked = regions.ask(colour="green")
    regions.fails["put", WEST] = UnreachableError("SSM in eu-west-1 did not answer.")
    regions.pointers.after = lambda operation, region: regions.down(WEST, UnreachableError("gone"))
    regions.live_through(asked.id, most_s=300)
    assert promoted(regions, without=(WEST,)).state is ReleaseState.DONE
    [event] = told(regions, EventKind.RELEASE_UNDONE)
    assert list(event.data["left"]) == [WEST]  # type: ignore[arg-type]


def stuck(regions: Regions, most_s: float) -> list[str]:
    """What people were told of the region that cannot be put back."""
    asked = regions.ask(colour="green")
    regions.fails["put", WEST] = DeniedError("no")
    regions.pointers.after = lambda operation, region: regions.fails.update({("put", CENTRAL): WordedError()})
    assert regions.live_through(asked.id, most_s=most_s).state is ReleaseState.UNDOING
    return [str(event.data["reason"]) for event in told(regions, EventKind.RELEASE_STUCK)]


class WordedError(UnreachableError):
    """It says something else each time that it is asked."""

    numbers = count()

    def __init__(self) -> None:
        super().__init__("")

    @property  # type: ignore[override]
    def message(self) -> str:
        return f"SSM did not answer request {next(self.numbers)}."

    @message.setter
    def message(self, value: str) -> None:
        pass


def test_other_words_for_the_same_trouble_are_told_once(regions: Regions) -> None:
    assert len(stuck(regions, 3600)) == 1


@pytest.mark.parametrize(("after_s", "times"), [(300, 1), (1200, 2)])
def test_another_kind_of_trouble_is_told_a_quarter_of_an_hour_later(
    regions: Regions, after_s: float, times: int
) -> None:
    stuck(regions, 120)
    regions.fails["put", CENTRAL] = DeniedError("permission is missing")
    [going_on] = told(regions, EventKind.RELEASE_ASKED)
    regions.live_through(str(going_on.data["release"]), most_s=after_s)
    assert len(told(regions, EventKind.RELEASE_STUCK)) == times


def test_who_is_told_that_a_region_is_stuck_is_told_how_it_ends(regions: Regions) -> None:
    stuck(regions, 120)
    [event] = told(regions, EventKind.RELEASE_STUCK)
    said = words(event, "")[EventKind.RELEASE_STUCK]
    assert "aws ssm put-parameter --name /shop/release --value blue --overwrite --region eu-central-1" in said
