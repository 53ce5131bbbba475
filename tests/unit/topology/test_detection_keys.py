"""Where alarms arrive: a queue that somebody names, that is allowed, and that outlives the application's region."""

from dr_core.topology.check import check_topology
from dr_core.topology.detection import Detection, SignalQueue
from dr_core.topology.model import Topology
from dr_core.topology.traffic import HealthCheck

ALARMS = {"health": (HealthCheck(alarm={"eu-central-1": "down"}),)}


def watched(shop: Topology, **queue: object) -> tuple[str, ...]:
    """Paths of the findings of a shop with an alarm for its primary, and this queue."""
    app = shop.applications["shop"].model_copy(update=ALARMS)
    detection = Detection.model_validate({"queue": queue} if queue else {})
    topology = shop.model_copy(update={"detection": detection, "applications": {"shop": app}})
    return tuple(
        finding.path for finding in check_topology(topology) if "queue" in finding.path or "alarm" in finding.path
    )


def test_alarms_need_a_queue_that_does_not_fail_with_the_application(shop: Topology) -> None:
    url, topic = "https://sqs.x.amazonaws.com/111122223333/q", "arn:aws:sns:us-east-1:111122223333:alarms"
    assert watched(shop) == ("applications.shop.health[0].alarm",)
    assert watched(shop, region="eu-west-1", url=url) == ()
    assert watched(shop, region="eu-central-1", url=url) == ("detection.queue.region",)
    assert watched(shop, region="eu-west-1", url=url, topics=[topic]) == ("detection.queue.topics[0]",)
    assert watched(shop, region="us-east-1", url=url) == ("detection.queue.region",)


def test_a_queue_s_address_names_its_account() -> None:
    for url, account in (
        ("https://sqs.eu-west-1.amazonaws.com/111122223333/q", "111122223333"),
        ("http://localhost:4566/111122223333/q", "111122223333"),
        ("https://queue.example.com/q", None),
    ):
        assert SignalQueue(region="eu-west-1", url=url).account == account
