"""What `/metrics` shows of the bot, in a registry of its own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.registry import Collector


class Metrics:
    """Counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "dr_slack_deliveries", "Commands, presses, submissions and events", ["kind"], registry=self.registry
        )
        self.problems = Counter("dr_slack_problems", "Answers that were errors", ["code"], registry=self.registry)
        self.answer_seconds = Histogram(
            "dr_slack_answer_seconds", "From delivery to the end of the answer", ["kind"], registry=self.registry
        )
        self.posted = Counter("dr_announcements", "Messages posted or updated by the announcer", registry=self.registry)
        self.pending = Gauge(
            "dr_announcements_pending", "Events the announcer has not told yet", registry=self.registry
        )
        self.leader = Gauge("dr_bot_leader", "1 while this process holds the lease", ["lease"], registry=self.registry)

    def show(self, collector: Collector) -> None:
        """Also what this one has to tell, whenever it is asked."""
        self.registry.register(collector)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self.registry)
