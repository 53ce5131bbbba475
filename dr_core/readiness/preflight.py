"""One preflight over one application: every examination's inquiries asked at once, within a limit, and judged."""

import logging
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from dr_core.clock import Clock
from dr_core.errors import DrError
from dr_core.observation.asking import Answer, Question, ask_all
from dr_core.readiness.examination import HERE, Examination, Inquiry, Subject
from dr_core.readiness.model import Check, Sheet

LIMIT_S = 90.0
WIDTH = 2
"""Inquiries of one region at once: nobody waits for a preflight, and observation must not wait for it either."""

_log = logging.getLogger(__name__)


def preflight(
    subject: Subject, examinations: Sequence[Examination], clock: Clock, *, limit_s: float = LIMIT_S
) -> Sheet:
    """The sheet of `subject`. What could not be asked is an unknown check with its reason; nothing is left out."""
    begun = time.monotonic()
    inquiries = [inquiry for examination in examinations for inquiry in _inquiries(examination, subject)]
    questions = [Question(inquiry.lane, _what(inquiry), inquiry.ask) for inquiry in inquiries]
    answers = ask_all(questions, clock, limit_s, WIDTH)
    found: list[Check] = []
    for inquiry, question in zip(inquiries, questions, strict=True):
        found += judged(inquiry, answers.of(question))
    took = time.monotonic() - begun
    return Sheet(
        application=subject.name,
        at=subject.now,
        duration_s=round(took, 3),
        complete=took < limit_s,
        checks=tuple(found),
        active=subject.active,
    )


def _inquiries(examination: Examination, subject: Subject) -> list[Inquiry[Any]]:
    """What an examination asks; one that breaks is an inquiry that cannot be asked, and the others stand."""
    found: list[Inquiry[Any]] = []
    try:
        found.extend(examination(subject))
    except Exception as error:
        name = getattr(examination, "__module__", "").rpartition(".")[2]
        _log.exception("the examination %s is broken", name)
        fault = DrError(f"what to ask could not be told ({type(error).__name__})")
        found.append(
            Inquiry("examination-unknown", name, subject.name, HERE, "dr.yaml", partial(_raise, fault), lambda *_: ())
        )
    return found


def _raise(error: DrError) -> None:
    raise error


def judged(inquiry: Inquiry[Any], answer: Answer[Any]) -> tuple[Check, ...]:
    """The checks that come of an answer; an error is an unknown check."""
    about = inquiry.about(answer.at)
    if answer.error is not None:
        return (about.unknown(inquiry.code, _reason(answer.error), way_out=answer.error.hint or ""),)
    return tuple(_guarded(inquiry, answer))


def _guarded(inquiry: Inquiry[Any], answer: Answer[Any]) -> Iterable[Check]:
    about = inquiry.about(answer.at)
    try:
        return tuple(inquiry.judge(answer.get(), about))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # An answer of a shape that AWS never documented must not take the whole sheet with it.
        _log.exception("the judgement of %s is broken", inquiry.code)
        return (about.unknown(inquiry.code, f"the answer could not be judged ({type(error).__name__})"),)


def _reason(error: DrError) -> str:
    return error.message if error.message.startswith("not asked") else f"could not be asked: {error.message}"


def _what(inquiry: Inquiry[Any]) -> str:
    return f"{inquiry.area} of {inquiry.subject}"
