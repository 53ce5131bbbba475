"""What is told of replicas, names and proxies, judged: as tables."""

from dataclasses import replace
from typing import Any

import pytest

from dr_core.readiness.examination import About
from dr_core.readiness.examinations import database_names, replicas
from tests.unit.readiness.conftest import AT

HERE, THERE = "eu-west-1", "eu-central-1"
SOURCE_ARN = f"arn:aws:rds:{HERE}:111122223333:db:one"
COPY = replicas.InstanceFacts("two", "available", "16.6", SOURCE_ARN, (), (), 7, True, True)
AT_WORK = replicas.InstanceFacts("one", "available", "16.6", None, (), ("arn:aws:rds:x:1:db:two",), 7, True, True)
ENDPOINTS = database_names.Endpoints({"c.eu.rds": (HERE, "cluster shop")}, "g.global.rds", {})
NAMES = database_names.Names(ENDPOINTS, (("db.a.test", "g.global.rds"),), ("Z1",), frozenset({"www.a.test"}))
PROXY = database_names.Proxy("p", "p.rds")


def copy(about: About, **changes: Any) -> Any:
    return replicas.judge_instance(HERE, "One", replace(COPY, **changes), about)


def at_work(about: About, **changes: Any) -> Any:
    return replicas.judge_instance(HERE, None, replace(AT_WORK, **changes), about)


def names(about: About, **changes: Any) -> Any:
    return database_names.judge_names(replace(NAMES, **changes), about)


CASES: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("a replica that is well, its source in other letters", copy, []),
    ("no instance", lambda a: replicas.judge_instance(HERE, "one", None, a), [("missing:database", "blocking")]),
    ("no replica", lambda a: copy(a, copies=None), [("replica-missing", "blocking")]),
    ("of something else", lambda a: copy(a, copies=f"{SOURCE_ARN}-old"), [("replica-missing", "blocking")]),
    ("it stands still", lambda a: copy(a, not_copying=("log is gone",)), [("not-replicating", "warning")]),
    ("no backups", lambda a: copy(a, retention_days=0), [("no-backups", "warning")]),
    ("backups not told", lambda a: copy(a, retention_days=None), [("no-backups", "unknown")]),
    ("one zone", lambda a: copy(a, zones=False), [("single-az", "warning")]),
    ("zones not told", lambda a: copy(a, zones=None), [("single-az", "unknown")]),
    ("not encrypted", lambda a: copy(a, encrypted=False), [("not-encrypted", "warning")]),
    ("the one at work", at_work, []),
    ("copied nowhere", lambda a: at_work(a, copied_to=()), [("copied-nowhere", "warning")]),
    ("a name that follows the writer", names, []),
    ("a name of one region", lambda a: names(a, leading=(("db.a.test", "c.eu.rds"),)),
     [("database-name-fixed", "warning"), ("writer-endpoint-unseen", "info")]),
    ("a declared record is switched by the run",
     lambda a: names(a, leading=(("www.a.test", "c.eu.rds"), ("db.a.test", "g.global.rds"))), []),
    ("no global endpoint", lambda a: names(a, endpoints=replace(ENDPOINTS, writer=None), leading=()), []),
    ("a region was silent", lambda a: names(a, endpoints=replace(ENDPOINTS, silent={THERE: "no answer"})),
     [("database-names-unknown", "unknown")]),
    ("no proxy anywhere", lambda a: database_names.judge_proxies(HERE, {HERE: (), THERE: ()}, a), []),
    ("a proxy on both sides", lambda a: database_names.judge_proxies(HERE, {HERE: (PROXY,), THERE: (PROXY,)}, a),
     [("rds-proxy", "info"), ("rds-proxy", "info")]),
    ("only at work", lambda a: database_names.judge_proxies(HERE, {HERE: (PROXY,), THERE: ()}, a),
     [("rds-proxy", "info"), ("rds-proxy-missing", "warning")]),
    ("not told", lambda a: database_names.judge_proxies(HERE, {HERE: (), THERE: None}, a),
     [("rds-proxy-unknown", "unknown")]),
]  # fmt: skip


@pytest.mark.parametrize(("judge", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_was_seen_means(judge: Any, expected: list[tuple[str, str]]) -> None:
    checks = list(judge(About("database", "shop", THERE, "test", AT)))
    told = [(c.code, c.severity.value if c.state == "finding" else c.state.value) for c in checks if c.state != "ok"]
    assert told == expected
    assert all(check.way_out for check in checks if check.state == "finding")
