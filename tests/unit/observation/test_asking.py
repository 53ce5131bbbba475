"""The bounded pass: nothing that hangs, fails or breaks costs more than its share."""

import threading
import time
from functools import partial

import pytest

from dr_core.clock import SystemClock
from dr_core.errors import DrError, ThrottledError, UnreachableError
from dr_core.observation.asking import LANE_WIDTH, Question, ask_all

CLOCK = SystemClock()


def failing(error: Exception) -> object:
    raise error


def test_every_answer_is_found_by_its_question() -> None:
    questions = [Question(f"lane-{n % 3}", f"q{n}", partial(pow, n, 2)) for n in range(20)]
    answers = ask_all(questions, CLOCK, 5)
    assert [answers.of(question).get() for question in questions] == [n * n for n in range(20)]


def test_an_error_is_an_answer() -> None:
    question = Question("r", "q", lambda: failing(ThrottledError("slow down")))
    answer = ask_all([question], CLOCK, 5).of(question)
    assert isinstance(answer.error, ThrottledError)
    with pytest.raises(ThrottledError):
        answer.get()


def test_a_hanging_region_costs_the_limit_and_the_others_nothing() -> None:
    release = threading.Event()
    hanging = [Question("dead", f"call {n}", lambda: release.wait(10)) for n in range(10)]
    quick = Question("alive", "call", lambda: "here")
    begun = time.monotonic()
    answers = ask_all([*hanging, quick], CLOCK, 0.2)
    took = time.monotonic() - begun
    release.set()
    assert took < 1
    assert answers.of(quick).get() == "here"
    asked = [answers.of(question).error for question in hanging]
    assert sum(isinstance(error, UnreachableError) for error in asked) == LANE_WIDTH
    assert all("no time left" in error.message for error in asked[LANE_WIDTH:] if error is not None)


def test_a_lane_that_is_silent_twice_is_not_asked_further_in_this_pass() -> None:
    calls: list[str] = []

    def silent() -> object:
        calls.append("asked")
        raise UnreachableError("no answer")

    questions = [Question("dead", f"call {n}", silent) for n in range(30)]
    answers = ask_all(questions, CLOCK, 5)
    assert len(calls) <= LANE_WIDTH + 2
    last = answers.of(questions[-1]).error
    assert last is not None
    assert type(last) is DrError
    assert last.message.startswith("not asked:")


def test_one_question_that_hung_is_enough_to_leave_its_lane_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dr_core.observation.asking._HUNG_MS", 20.0)

    def hung() -> object:
        time.sleep(0.05)
        raise UnreachableError("no answer in time")

    questions = [Question("dead", f"call {n}", hung) for n in range(9)]
    answers = ask_all(questions, CLOCK, 5)
    errors = [answers.of(question).error for question in questions]
    assert sum(isinstance(error, UnreachableError) for error in errors) == LANE_WIDTH


def test_throttling_does_not_silence_a_lane() -> None:
    questions = [Question("busy", "call", lambda: failing(ThrottledError("slow down"))) for _ in range(12)]
    answers = ask_all(questions, CLOCK, 5)
    assert all(isinstance(answers.of(question).error, ThrottledError) for question in questions)


def test_a_broken_reader_is_unknown_and_the_others_answer(caplog: pytest.LogCaptureFixture) -> None:
    broken = Question("r", "the broken thing", lambda: failing(KeyError("oops")))
    sound = Question("r", "sound", lambda: 1)
    answers = ask_all([broken, sound], CLOCK, 5)
    error = answers.of(broken).error
    assert error is not None
    assert error.message == "the broken thing could not be read: KeyError in the reader"
    assert answers.of(sound).get() == 1
    assert "the broken thing" in caplog.text


def test_nothing_to_ask_is_no_wait() -> None:
    begun = time.monotonic()
    ask_all([], CLOCK, 5)
    assert time.monotonic() - begun < 1
