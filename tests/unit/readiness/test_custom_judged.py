"""What preflight says of custom steps."""

from datetime import UTC, datetime

import pytest

from dr_core.plan.step import Severity
from dr_core.readiness.examination import About
from dr_core.readiness.examinations.certificates import Served
from dr_core.readiness.examinations.custom import Declared, judge, judge_document, judge_host, judge_key, judge_own_key
from dr_core.topology.custom import Custom, CustomSsmDocument

ABOUT = About("custom steps", "it", "eu-west-1", "a test", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"lambda": {"function": "f"}}, {"custom-unchecked": Severity.WARNING, "custom-holds-up": Severity.INFO}),
        ({"lambda": {"function": "f", "verify": "g", "after": "prepare"}}, {}),
        ({"webhook": {"url": "https://h.example.com/", "after": "prepare"}}, {"custom-unchecked": Severity.WARNING}),
        ({"ssm_document": {"document": "D", "required": True}}, {"custom-holds-up": Severity.WARNING}),
        ({"plugin": {"kind": "k"}}, {"custom-holds-up": Severity.INFO}),
    ],
)
def test_what_cannot_be_asked_and_what_holds_a_run_up_is_said(entry, said):
    given = Custom.model_validate({kind: {"name": "it", **spec} for kind, spec in entry.items()})
    found = {check.code: check.severity for check in judge(given, None, ABOUT) if check.state != "ok"}
    assert found == said


@pytest.mark.parametrize(
    ("given", "declares", "needs", "said"),
    [
        ({}, set(), set(), None),
        ({"A": "x"}, {"A", "B"}, {"A"}, None),
        ({"A": "x"}, set(), set(), "does not take A"),
        ({}, {"A"}, {"A"}, "needs A"),
        ({"B": "x"}, {"A"}, {"A"}, "does not take B and needs A"),
    ],
)
def test_a_document_takes_what_it_declares_and_nothing_else(given, declares, needs, said):
    spec = CustomSsmDocument(name="it", document="D", parameters=given)
    (check,) = judge_document(spec, Declared(frozenset(declares), frozenset(needs)), ABOUT)
    assert check.severity is (Severity.INFO if said is None else Severity.BLOCKING)
    assert said is None or said in check.message


def test_a_host_that_cannot_be_trusted_and_a_key_that_is_not_there_block():
    (untrusted,) = judge_host(Served(None, "expired"), ABOUT)
    (keyless,) = judge_key(False, ABOUT)
    (unset,) = judge_own_key(False, ABOUT)
    assert untrusted.severity is keyless.severity is unset.severity is Severity.BLOCKING
