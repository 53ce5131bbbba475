"""A canary that could never be held, or would be back before anybody had followed, is said when the file is checked."""

from datetime import timedelta

import pytest

from dr_core.topology.check import check_topology
from dr_core.topology.findings import Severity
from dr_core.topology.model import Topology
from dr_core.topology.traffic import Canary


def warned(shop: Topology, canary: Canary | None, **changes: object) -> list[str]:
    """What is said of the canary of shop."""
    app = shop.applications["shop"].model_copy(update={"canary": canary, **changes})
    found = check_topology(shop.model_copy(update={"applications": {"shop": app}}))
    assert not [one for one in found if one.severity is Severity.FATAL]
    return [one.message for one in found if ".canary" in one.path]


@pytest.mark.parametrize(("seconds", "words"), [(119, ["it ends before users have followed: 119 s"]), (120, [])])
def test_a_hold_is_longer_than_dns_takes(shop: Topology, seconds: int, words: list[str]) -> None:
    assert warned(shop, Canary(percent=5, hold=timedelta(seconds=seconds))) == words


def test_without_records_nothing_can_send_a_share(shop: Topology) -> None:
    assert warned(shop, Canary(percent=5), traffic=()) == [
        "there are no route53_records: nothing else can send a share of the users"
    ]
    assert warned(shop, None, traffic=()) == []


@pytest.mark.parametrize(
    ("samples", "hold_s", "words"),
    [
        (24, 120, []),  # 120 s and 120 s more, a probe every 10 s
        (25, 120, ["it never passes: in 240 s, 24 probes of a region are made at most"]),
        (60, 300, []),
        (61, 300, ["it never passes: in 600 s, 60 probes of a region are made at most"]),
    ],
)
def test_more_probes_than_there_is_time_for_are_never_measured(
    shop: Topology, samples: int, hold_s: int, words: list[str]
) -> None:
    every = shop.detection.model_copy(update={"interval": timedelta(seconds=10)})
    canary = Canary(percent=5, hold=timedelta(seconds=hold_s), min_samples=samples)
    assert warned(shop.model_copy(update={"detection": every}), canary) == words
