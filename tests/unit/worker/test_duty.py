"""The one loop of all duties: it outlives every fault, keeps its pace, and gives its lease back."""

from typing import Any

import pytest

from dr_core.duty import Duty, every, survived
from dr_core.errors import UnreachableError


class Stop:
    """An event that is set after so many rounds; nothing is waited for."""

    def __init__(self, rounds: int) -> None:
        self.left = rounds
        self.waited: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.left -= 1
        return self.left < 0


class Lease:
    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.released = 0

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        self.released += 1
        if self.fault:
            raise self.fault


def broken(fault: Exception) -> Any:
    def work() -> None:
        raise fault

    return work


@pytest.mark.parametrize("fault", [UnreachableError("The store is away."), ZeroDivisionError()])
def test_a_fault_costs_a_round_and_the_lease_is_given_back_at_the_end(fault: Exception) -> None:
    stop: Any = Stop(3)
    lease = Lease(fault)
    Duty("it", broken(fault), every(5), lease).run(stop)
    assert stop.waited == pytest.approx([0, 5, 5, 5], abs=3)
    assert lease.released == 1


def test_the_pace_is_asked_anew_after_each_round() -> None:
    stop: Any = Stop(3)
    pauses = iter((1.0, 30.0, 0.0))
    Duty("it", lambda: None, lambda: next(pauses), first_s=20).run(stop)
    assert stop.waited == pytest.approx([20, 1, 30, 0.2], abs=0.5), "and nobody spins"


def test_whether_it_went_well_is_told() -> None:
    assert survived("it_failed", lambda: None)
    assert not survived("it_failed", broken(UnreachableError("away")), subject="shop")
    assert not survived("it_failed", broken(KeyError("x")))
