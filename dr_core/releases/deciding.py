"""What becomes of one pointer, from what it says now and what was found before anything moved. Pure."""

from enum import StrEnum

from dr_core.releases.model import Pointer, Spot


class Turn(StrEnum):
    SETTLED = "settled"  # it says what it should
    PUT = "put"  # it is to be written
    FOREIGN = "foreign"  # somebody else has written it meanwhile


def forward(spot: Spot, colour: str, seen: Pointer | None) -> Turn:
    """On the way to `colour`. What is not as it was found is another's: both go back then, and theirs stays."""
    if seen is not None and seen.value == colour:
        return Turn.SETTLED
    return Turn.PUT if seen == spot.found else Turn.FOREIGN


def backward(spot: Spot, colour: str, seen: Pointer | None) -> Turn:
    """On the way back to what was found; only what this release may have written is written again."""
    if seen is not None and seen.value == spot.found.value:
        return Turn.SETTLED
    return Turn.PUT if seen is not None and seen.value == colour else Turn.FOREIGN
