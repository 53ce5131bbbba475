"""What a distribution's configuration means, as a table; and to which region an origin's name belongs."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from dr_core.readiness.examination import About
from dr_core.readiness.examinations.distributions import PUBLIC, READS, Behaviour, Origin, judge, place_of
from dr_core.readiness.model import CheckState
from tests.contract import vault
from tests.contract.vault import AWAY, BUCKETS, HOME

ABOUT = About("traffic", "E2VAULT", None, "CloudFront GetDistribution", datetime(2026, 11, 23, tzinfo=UTC))
CODES = frozenset({500, 502, 503, 504})
RECORD = {
    "route53_records": {"hosted_zone": "Z0", "name": "Vault.example.net.", "set_identifiers": {HOME: "a", AWAY: "b"}}
}


def behaviour(
    *places: str | None, codes: frozenset[int] = CODES, methods: frozenset[str] = READS, tried_for_s: int = 4
) -> Behaviour:
    origins = tuple(Origin(f"{number}.example.net", place, tried_for_s) for number, place in enumerate(places))
    return Behaviour("everything", origins, codes, methods)


CASES = (
    ("both regions, by default of nothing slow", behaviour(HOME, AWAY), []),
    ("a name that follows the switch", behaviour(PUBLIC), []),
    ("one region alone", behaviour(HOME, codes=frozenset()), [("origin-missing", AWAY, "blocking")]),
    ("two origins of one region", behaviour(HOME, HOME), [("origin-missing", AWAY, "blocking")]),
    ("a name that does not tell", behaviour(HOME, None), [("origin-region-unknown", None, "unknown")]),
    ("a status that moves nothing", behaviour(HOME, AWAY, codes=CODES - {503}), [("failover-codes", None, "warning")]),
    ("writes", behaviour(HOME, AWAY, methods=READS | {"PUT"}), [("writes-do-not-move", None, "warning")]),
    ("CloudFront's own timeouts", behaviour(HOME, AWAY, tried_for_s=30), [("origin-slow", None, "info")]),
)


@pytest.mark.parametrize(("remark", "seen", "wanted"), CASES, ids=lambda case: case if isinstance(case, str) else "")
def test_a_distribution_is_judged_by_where_its_reads_can_go(
    remark: str, seen: Behaviour, wanted: Sequence[tuple[str, str | None, str]]
) -> None:
    found = [check for check in judge(HOME, (AWAY,), (seen,), ABOUT) if check.state is not CheckState.OK]
    told = [
        (check.code, check.region, "unknown" if check.state is CheckState.UNKNOWN else check.severity.value)
        for check in found
    ]
    assert told == list(wanted), remark
    if not wanted:
        assert [check.code for check in judge(HOME, (AWAY,), (seen,), ABOUT)] == ["origin-missing"]


def test_the_time_that_a_read_may_wait_is_said() -> None:
    seen = behaviour(HOME, AWAY, tried_for_s=30)
    (slow,) = [check for check in judge(HOME, (AWAY,), (seen,), ABOUT) if check.code == "origin-slow"]
    assert "30 s" in slow.message


@pytest.mark.parametrize(
    ("domain", "place"),
    [
        ("syd.vault.example.net", HOME),
        ("PDX.vault.example.net.", AWAY),
        (f"{BUCKETS[AWAY]}.s3.amazonaws.com", AWAY),
        (f"internal-web-1.{HOME}.elb.amazonaws.com", HOME),
        (f"web-{AWAY}.example.net", AWAY),
        ("vault.example.net", PUBLIC),
        ("origin.example.net", None),
    ],
)
def test_an_origin_belongs_to_the_region_that_its_name_tells(domain: str, place: str | None) -> None:
    app = vault.topology(traffic=[RECORD, {"cloudfront": {"distribution": "E2VAULT"}}]).applications["vault"]
    assert place_of(app, domain) == place
