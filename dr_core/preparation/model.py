"""What was prepared for a request, step by step, as values, and in words for its card."""

from enum import StrEnum

from dr_core.topology.capacity import Capacity
from dr_core.topology.model import Account
from dr_core.value import Value


class ItemState(StrEnum):
    INTENDED = "intended"  # it was said that it will be scaled; it may be already
    DONE = "done"  # it was seen to run
    FAILED = "failed"  # nothing more is tried; something may have been scaled
    REFUSED = "refused"  # nothing was begun, see `detail`
    UNDOING = "undoing"  # it was said that it will be taken back
    UNDONE = "undone"  # it has the size it had
    KEPT = "kept"  # it stays: a run scaled it, its region serves, or somebody else changed it

    @property
    def final(self) -> bool:
        return self in (ItemState.REFUSED, ItemState.UNDONE, ItemState.KEPT)


class Item(Value):
    """One scaling step of the request's plan. `count` is asked for; `size` is what it goes back to, by what was seen
    before: the least of its automatic scaling, else the count. `round`: of the request, when it came to this state."""

    step: str
    title: str
    name: str
    entry: Capacity
    region: str
    account: Account | None = None
    count: int
    size: int
    state: ItemState
    detail: str = ""
    round: int = 1

    @property
    def stands(self) -> bool:
        """Whether the target may have this size for it, and not the one before."""
        return self.state in (ItemState.INTENDED, ItemState.DONE, ItemState.KEPT)

    @property
    def back(self) -> str:
        """The name under which it is taken back, in the user agent of its calls."""
        return f"{self.step}.back"


class Preparation(Value):
    """Everything of one request, in the order of its plan."""

    request: str
    items: tuple[Item, ...] = ()

    @property
    def final(self) -> bool:
        return all(item.state.final for item in self.items)

    def item(self, step: str) -> Item | None:
        return next((item for item in self.items if item.step == step), None)

    def having(self, item: Item) -> "Preparation":
        """With this item, in the place of the one of the same step."""
        others = {one.step: one for one in self.items}
        return self.model_copy(update={"items": tuple({**others, item.step: item}.values())})


_WORDS = {
    ItemState.INTENDED: "being prepared",
    ItemState.DONE: "prepared",
    ItemState.FAILED: "could not be prepared",
    ItemState.REFUSED: "not prepared",
    ItemState.UNDOING: "being taken back",
    ItemState.UNDONE: "taken back",
    ItemState.KEPT: "stays",
}


def sentences(preparation: Preparation) -> tuple[str, ...]:
    """One for each item, for people."""
    return tuple(
        f"{_WORDS[item.state].capitalize()}: {item.name} in {item.region} at {item.count}"
        f"{f' ({item.detail})' if item.detail else ''}"
        for item in preparation.items
    )
