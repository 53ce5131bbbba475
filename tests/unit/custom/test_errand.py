"""What a custom step is told and what its answers mean."""

import json

import pytest

from dr_core.claim import Claim
from dr_core.custom.errand import Answer, Errand, Verb, read, read_check, token_for
from dr_core.errors import RejectedError

ERRAND = Errand(
    run="01RUN",
    step="custom-lambda-warm",
    token="t-1",
    application="pay",
    source="ap-south-1",
    target="ap-south-2",
    mode="forced",
    verb=Verb.ACT,
    of=Verb.ACT,
)


def test_the_document_has_the_keys_that_the_docs_promise():
    assert json.loads(ERRAND.body()) == {
        "schema": "dr.custom/1",
        "run": "01RUN",
        "step": "custom-lambda-warm",
        "token": "t-1",
        "application": "pay",
        "source": "ap-south-1",
        "target": "ap-south-2",
        "mode": "forced",
        "verb": "act",
        "of": "act",
    }


def test_a_check_asks_about_the_same_token():
    asked = ERRAND.model_copy(update={"verb": Verb.UNDO, "of": Verb.UNDO}).checked()
    assert (asked.token, asked.verb, asked.of) == ("t-1", Verb.VERIFY, Verb.UNDO)


def test_a_token_is_of_one_step_of_one_run_whoever_carries_it_out():
    first, later = Claim("x", "run-a", 1), Claim("x", "run-a", 7)
    assert token_for(first, "warm") == token_for(later, "warm")
    others = {token_for(first, "warm"), token_for(first, "warm-2"), token_for(Claim("x", "run-b", 1), "warm")}
    long = "x" * 80
    others |= {token_for(first, long + "a"), token_for(first, long + "b"), token_for(first, "warm", "verify")}
    assert len(others) == 6


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"", Answer(True, "")),
        (b"fine", Answer(True, "fine")),
        (b'"fine"', Answer(True, '"fine"')),
        (b"null", Answer(True, "null")),
        (b'{"status": "ok"}', Answer(True, '{"status": "ok"}')),
        (b'{"done": true, "detail": "12 pages"}', Answer(True, "12 pages")),
        (b'{"done": false, "detail": "later"}', Answer(False, "later")),
        (b'{"under_way": true, "detail": "3 of 9"}', Answer(False, "3 of 9", under_way=True)),
        (b'{"failed": true, "detail": "no disk"}', Answer(False, "no disk", failed=True)),
        (b"\xff\xfe", Answer(True, "\ufffd\ufffd")),
    ],
)
def test_an_answer_without_done_is_done_by_having_answered(body, answer):
    assert read(body, who="it") == answer


@pytest.mark.parametrize("body", [b'{"done": "yes"}', b'{"done": 1}', b'{"failed": null, "done": true}'])
def test_what_is_neither_true_nor_false_is_refused(body):
    with pytest.raises(RejectedError, match="expected true or false"):
        read(body, who="it")


@pytest.mark.parametrize("body", [b"", b"ok", b"[]", b'{"status": "ok"}', b'{"under_way": true}'])
def test_a_check_that_cannot_say_no_is_none(body):
    with pytest.raises(RejectedError, match="a check answers"):
        read_check(body, who="it")
