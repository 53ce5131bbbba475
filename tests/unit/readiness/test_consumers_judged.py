"""Consumers as they were found: what each thing means."""

from dataclasses import replace
from typing import Any

import pytest

from dr_core.readiness.examination import About
from dr_core.readiness.examinations import consumers
from dr_core.topology.capacity import EventBridgeSchedule

HERE, THERE = "eu-west-1", "eu-central-1"
QUEUE = f"arn:aws:sqs:{HERE}:111122223333:orders"
MAPPING = consumers.Mapping(QUEUE, True, "", "")
RULE = consumers.RuleFacts("DISABLED", '{"source": ["x"]}', "", 1)
ROLE = "arn:aws:iam::111122223333:role/clock"
SCHEDULE = consumers.ScheduleFacts("DISABLED", "rate(5 minutes) UTC", QUEUE, ROLE)
SPEC = EventBridgeSchedule(schedule="nightly", roles={HERE: ROLE})


def wrong(found: Any) -> list[tuple[str, str]]:
    return [(c.code, c.severity.value if c.state == "finding" else c.state.value) for c in found if c.state != "ok"]


CASES: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("a mapping that is well", lambda a: consumers.judge_mappings((MAPPING,), a), []),
    ("no function", lambda a: consumers.judge_mappings(None, a), [("missing:event-source", "blocking")]),
    ("no mapping", lambda a: consumers.judge_mappings((), a), [("missing:event-source", "blocking")]),
    ("no queue", lambda a: consumers.judge_mappings((replace(MAPPING, there=False),), a),
     [("source-missing", "blocking")]),
    ("a source that cannot be asked for", lambda a: consumers.judge_mappings((replace(MAPPING, there=None),), a),
     [("source-missing", "unknown")]),
    ("a queue of another region",
     lambda a: consumers.judge_mappings((replace(MAPPING, source=QUEUE.replace(HERE, THERE)),), a),
     [("source-elsewhere", "blocking")]),
    ("a batch that was not taken", lambda a: consumers.judge_mappings((replace(MAPPING, trouble="PROBLEM: x"),), a),
     [("consumer-in-trouble", "warning")]),
    ("a rule that is well", lambda a: consumers.judge_rule(RULE, a), []),
    ("no rule", lambda a: consumers.judge_rule(None, a), [("missing:rule", "blocking")]),
    ("a rule of somebody else", lambda a: consumers.judge_rule(replace(RULE, managed_by="pipes.amazonaws.com"), a),
     [("rule-managed", "blocking")]),
    ("a rule without a target", lambda a: consumers.judge_rule(replace(RULE, targets=0), a),
     [("rule-without-target", "blocking")]),
    ("a rule that would not come back as it was",
     lambda a: consumers.judge_rule(replace(RULE, state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), a),
     [("rule-state-lost", "warning")]),
    ("a schedule that is well", lambda a: consumers.judge_schedule(SPEC, SCHEDULE, a), []),
    ("no schedule", lambda a: consumers.judge_schedule(SPEC, None, a), [("missing:schedule", "blocking")]),
    ("a schedule that leads elsewhere",
     lambda a: consumers.judge_schedule(SPEC, replace(SCHEDULE, target=QUEUE.replace(HERE, THERE)), a),
     [("target-elsewhere", "blocking")]),
    ("a role that nobody named",
     lambda a: consumers.judge_schedule(EventBridgeSchedule(schedule="nightly"), SCHEDULE, a),
     [("permission:iam:PassRole", "unknown")]),
    ("another role", lambda a: consumers.judge_schedule(SPEC, replace(SCHEDULE, role=f"{ROLE}2"), a),
     [("role-differs", "warning")]),
    ("alike", lambda a: consumers.judge_alike({HERE: "x", THERE: "x"}, a), []),
    ("unlike", lambda a: consumers.judge_alike({HERE: "x", THERE: "y"}, a), [("consumers-unlike", "warning")]),
    ("one that says nothing", lambda a: consumers.judge_alike({HERE: "x", THERE: None}, a), []),
]  # fmt: skip


@pytest.mark.parametrize(("judged", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_was_found_means(about: About, judged: Any, expected: list[tuple[str, str]]) -> None:
    assert wrong(judged(about)) == expected
