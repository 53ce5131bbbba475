"""Records that could not do what a run asks of them are found before one begins."""

from dataclasses import replace

import pytest

from dr_core.plan.step import Mode
from dr_core.readiness.examinations.record_shapes import Wanted, judge_shape
from dr_core.readiness.examinations.traffic import Record
from dr_core.topology.traffic import Route53Records

SPEC = Route53Records(hosted_zone="Z", name="n", set_identifiers={"eu-west-1": "a", "eu-central-1": "b"})
ALL = Wanted(switched=True, shared=True, one_writer=True)
SWITCHED = replace(ALL, shared=False)
WEIGHTED = (
    Record("a", 30, None, False, False, ("192.0.2.1",), "weighted", 100),
    Record("b", 30, None, False, False, ("192.0.2.2",), "weighted", 0),
)
PAIR = tuple(replace(one, routing="failover", weight=None, health_check="hc") for one in WEIGHTED)
LATENCY = tuple(replace(one, routing="latency", weight=None) for one in WEIGHTED)
BARE = (PAIR[0], replace(PAIR[1], health_check=None))
ALIAS = (PAIR[0], replace(PAIR[1], health_check=None, alias=True))
SHARED = (replace(WEIGHTED[0], weight=95), replace(WEIGHTED[1], weight=5))
FOREIGN = Record("elsewhere", 30, None, False, False, ("192.0.2.9",), "weighted", 7)

TABLE = [
    (ALL, WEIGHTED, set(), "weighted: it can be switched, and send a share"),
    (SWITCHED, PAIR, set(), "a pair with its checks can be switched"),
    (ALL, PAIR, {"canary-not-weighted"}, "a pair sends no share"),
    (SWITCHED, BARE, {"pair-without-check"}, "Route 53 would refuse the swap, after the writer has moved"),
    (SWITCHED, ALIAS, set(), "an alias may be primary without a check"),
    (SWITCHED, LATENCY, {"records-no-switch"}, "latency records prefer nobody"),
    (ALL, LATENCY, {"records-no-switch", "canary-not-weighted"}, "and send no share"),
    (SWITCHED, (WEIGHTED[0], LATENCY[1]), {"records-no-switch"}, "not all of one kind"),
    (replace(ALL, switched=False), LATENCY, set(), "where the health checks are the switch, they only follow"),
    (SWITCHED, SHARED, {"weights-shared"}, "two regions have users, one writes"),
    (replace(SWITCHED, one_writer=False), SHARED, set(), "every region may write"),
    (SWITCHED, (*WEIGHTED, FOREIGN), set(), "a record of somebody else is none of ours"),
    (SWITCHED, None, set(), "no such zone: another examination says so"),
    (SWITCHED, (), set(), "no such record: another examination says so"),
]


@pytest.mark.parametrize(("use", "listed", "expected", "remark"), TABLE, ids=[row[-1] for row in TABLE])
def test_what_the_records_are_decides(about, use, listed, expected, remark):
    found = {check.code for check in judge_shape(SPEC, use, listed, about) if check.state == "finding"}
    assert found == expected, remark


def test_a_canary_that_cannot_be_held_stops_a_planned_run_only(about):
    (found,) = [one for one in judge_shape(SPEC, ALL, PAIR, about) if one.state == "finding"]
    assert found.mode is Mode.PLANNED
    assert "--override canary-not-weighted" in found.way_out
