"""The bounded pass: nothing that hangs, fails or breaks costs more than its share."""

import threading
from functools import partial

import pytest

from dr_core.clock import SystemClock
from dr_core.errors import DrError, ThrottledError, UnreachableError
from dr_core.observation.asking import LANE_WIDTH, Question, ask_all

CLOCK = SystemClock()
LONG_S = 300.0
"""A limit that no pass here comes to but by the clock that a test moves."""


class Moved:
    """The time that passes in a pass, when somebody moves it."""

    def __init__(self) -> None:
        self.now, self.begun = 0.0, threading.Event()

    def monotonic(self) -> float:
        if threading.current_thread() is threading.main_thread():
            self.begun.set()
        return self.now


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Moved:
    moved = Moved()
    monkeypatch.setattr("dr_core.observation.asking.time", moved)
    return moved


def failing(error: Exception) -> object:
    raise error


def test_every_answer_is_found_by_its_question() -> None:
    questions = [Question(f"lane-{n % 3}", f"q{n}", partial(pow, n, 2)) for n in range(20)]
    answers = ask_all(questions, CLOCK, LONG_S)
    assert [answers.of(question).get() for question in questions] == [n * n for n in range(20)]


def test_an_error_is_an_answer() -> None:
    question = Question("r", "q", lambda: failing(ThrottledError("slow down")))
    answer = ask_all([question], CLOCK, LONG_S).of(question)
    assert isinstance(answer.error, ThrottledError)
    with pytest.raises(ThrottledError):
        answer.get()


def test_a_hanging_region_costs_the_limit_and_the_others_nothing(passing: Moved) -> None:
    all_hang, release = threading.Barrier(LANE_WIDTH + 1), threading.Event()

    def hang() -> object:
        all_hang.wait(LONG_S)
        return release.wait(LONG_S)

    def answer() -> str:
        all_hang.wait(LONG_S)
        passing.begun.wait(LONG_S)
        passing.now = LONG_S
        return "here"

    hanging = [Question("dead", f"call {n}", hang) for n in range(10)]
    quick = Question("alive", "call", answer)
    answers = ask_all([*hanging, quick], CLOCK, LONG_S)
    assert not release.is_set(), "the pass is over, and nothing of the dead region has come back"
    release.set()
    assert answers.of(quick).get() == "here"
    asked = [answers.of(question).error for question in hanging]
    assert sum(isinstance(error, UnreachableError) for error in asked) == LANE_WIDTH
    assert all("no time left" in error.message for error in asked[LANE_WIDTH:] if error is not None)


def test_what_the_end_of_the_pass_cut_off_says_nothing_about_its_region() -> None:
    release = threading.Event()
    first = Question("slow", "first", lambda: release.wait(0.55))
    cut_off = Question("slow", "second", lambda: release.wait(10))
    error = ask_all([first, cut_off], CLOCK, 0.6, 1).of(cut_off).error
    release.set()
    assert type(error) is DrError
    assert "no time left for second" in error.message


def test_a_lane_that_is_silent_twice_is_not_asked_further_in_this_pass() -> None:
    calls: list[str] = []

    def silent() -> object:
        calls.append("asked")
        raise UnreachableError("no answer")

    questions = [Question("dead", f"call {n}", silent) for n in range(30)]
    answers = ask_all(questions, CLOCK, LONG_S)
    assert len(calls) <= LANE_WIDTH + 2
    last = answers.of(questions[-1]).error
    assert last is not None
    assert type(last) is DrError
    assert last.message.startswith("not asked:")


@pytest.mark.parametrize(("seconds", "asked"), [(2, 1), (0.2, 2)], ids=["hung", "refused at once"])
def test_one_question_that_hung_is_enough_to_leave_its_lane_alone(passing: Moved, seconds: float, asked: int) -> None:
    def silent() -> object:
        passing.now += seconds
        raise UnreachableError("no answer in time")

    questions = [Question("dead", f"call {n}", silent) for n in range(9)]
    answers = ask_all(questions, CLOCK, LONG_S, width=1)
    errors = [answers.of(question).error for question in questions]
    assert [isinstance(error, UnreachableError) for error in errors] == [True] * asked + [False] * (9 - asked)


def test_throttling_does_not_silence_a_lane() -> None:
    questions = [Question("busy", "call", lambda: failing(ThrottledError("slow down"))) for _ in range(12)]
    answers = ask_all(questions, CLOCK, LONG_S)
    assert all(isinstance(answers.of(question).error, ThrottledError) for question in questions)


def test_a_broken_reader_is_unknown_and_the_others_answer(caplog: pytest.LogCaptureFixture) -> None:
    broken = Question("r", "the broken thing", lambda: failing(KeyError("oops")))
    sound = Question("r", "sound", lambda: 1)
    answers = ask_all([broken, sound], CLOCK, LONG_S)
    error = answers.of(broken).error
    assert error is not None
    assert error.message == "the broken thing could not be read: KeyError in the reader"
    assert answers.of(sound).get() == 1
    assert "the broken thing" in caplog.text


def test_nothing_to_ask_is_no_wait() -> None:
    waiting = threading.Thread(target=ask_all, args=([], CLOCK, 3600), daemon=True)
    waiting.start()
    waiting.join(60)
    assert not waiting.is_alive()
