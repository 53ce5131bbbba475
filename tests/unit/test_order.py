"""The order of a run with several workers: every test once, stories and searches in front."""

import random

import pytest

from tests.order import SEARCHERS, dealt

Item = tuple[str, int]


def order(items: list[Item], workers: int) -> list[Item]:
    return dealt(items, workers, lambda item: item[0], lambda item: item[1] % 10 != 9)


@pytest.mark.parametrize("workers", [0, 1, 2, 3, 5, 8])
@pytest.mark.parametrize("count", [0, 1, 7, 400])
def test_every_test_is_run_once(workers: int, count: int) -> None:
    dice = random.Random(count)
    items = [(dice.choice(["scenario", "crash", "unit"]), number) for number in range(count)]
    assert sorted(order(items, workers)) == sorted(items)


def test_each_workers_part_begins_with_what_is_long() -> None:
    items = [("unit", n) for n in range(96)] + [("scenario", n) for n in range(30)] + [("crash", n) for n in range(4)]
    workers, size = 5, len(items) // 5
    parts = [order(items, workers)[number * size :][:size] for number in range(workers)]
    assert [sum(room == "scenario" for room, n in part if n % 10 != 9) for part in parts] == [9, 9, 9, 0, 0]
    assert [[room for room, _ in part[:2]] for part in parts] == [["scenario"] * 2] * 3 + [["crash"] * 2] * SEARCHERS


def test_what_shares_something_with_its_file_keeps_its_neighbours() -> None:
    items = [("unit", 1), ("scenario", 9), ("scenario", 19), ("unit", 2), ("scenario", 3)]
    assert order(items, 3) == [("scenario", 3), ("unit", 1), ("scenario", 9), ("scenario", 19), ("unit", 2)]
