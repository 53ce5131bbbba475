"""In which order a test run with several workers takes its tests, so that none waits at the end for one long story.

Stories wait in real time a good part of theirs, searches compute all of theirs. Each worker gets one part of the list,
from front to back, and the others help it out from the back (`--dist worksteal`): stories stand in front on all workers
but two, searches on these two, so that waiting and computing overlap from the first second on.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

SEARCHERS = 2
"""Workers that begin with searches: as many as the machine that the suite is made for has cores."""
STORIES = ("process", "browser", "scenario")
SEARCHES = ("simulation", "crash", "oracle", "stateful")


Item = TypeVar("Item")


def dealt(
    items: Sequence[Item], workers: int, room: Callable[[Item], str], alone: Callable[[Item], bool]
) -> list[Item]:
    """The items as `workers` parts of the same size, one behind the other; what is not `alone` keeps its neighbours.

    `room`: the item's folder under `tests/`. `alone`: whether it shares no started thing with the items of its file.
    """
    if workers <= SEARCHERS:
        return list(items)
    long = [item for name in STORIES + SEARCHES for item in items if room(item) == name and alone(item)]
    stories = [item for item in long if room(item) in STORIES]
    searches = [item for item in long if room(item) in SEARCHES]
    tellers = workers - SEARCHERS
    fronts = [stories[one::tellers] for one in range(tellers)] + [searches[one::SEARCHERS] for one in range(SEARCHERS)]
    chosen = {id(item) for item in long}
    rest = [item for item in items if id(item) not in chosen]
    made: list[Item] = []
    for number, front in enumerate(fronts):
        # As the scheduler cuts the list: what is left of it, by the workers that have none yet.
        size = (len(items) - len(made)) // (workers - number)
        room_left = max(0, size - len(front))
        made += [*front, *rest[:room_left]]
        rest = rest[room_left:]
    return [*made, *rest]
