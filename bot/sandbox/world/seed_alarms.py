"""The queue of `detection.queue` with its topics, and the alarms that health names, each watching its region."""

from bot.sandbox.world.alarms import Alarms, Watching
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seeding import Seeding
from dr_core.topology.detection import SignalQueue
from dr_core.topology.model import Application, Topology


class AlarmSeeds:
    def __init__(self, seeds: Seeding, ground: Ground) -> None:
        self._seeds = seeds
        self._account = ground.account
        self._alarms = ground.part(Alarms)

    def seed(self, topology: Topology) -> None:
        queue = topology.detection.queue
        if queue is None:
            return
        self._queue(queue)
        for app in topology.applications.values():
            self._health(queue, app)

    def _queue(self, queue: SignalQueue) -> None:
        with self._seeds.tolerated(f"queue {queue.name}"):
            self._seeds.at("sqs", queue.region)("CreateQueue", QueueName=queue.name)
        arn = f"arn:aws:sqs:{queue.region}:{self._account}:{queue.name}"
        for topic in queue.topics:
            region, name = topic.split(":")[3], topic.rpartition(":")[2]
            with self._seeds.tolerated(f"topic {name}"):
                sns = self._seeds.at("sns", region)
                made = sns("CreateTopic", Name=name)["TopicArn"]
                sns("Subscribe", TopicArn=made, Protocol="sqs", Endpoint=arn)

    def _health(self, queue: SignalQueue, app: Application) -> None:
        """An alarm lives where its ARN says; by its name alone beside the queue, unless other regions have one of that
        name, too."""
        named = [(region, alarm) for entry in app.health for region, alarm in (entry.alarm or {}).items()]
        names = [alarm for _, alarm in named]
        for region, alarm in named:
            parts = alarm.split(":", 6)
            by_arn = alarm.startswith("arn:") and len(parts) == 7
            home = parts[3] if by_arn else region if names.count(alarm) > 1 else queue.region
            name = parts[6] if by_arn else alarm
            topics = [topic for topic in queue.topics if topic.split(":")[3] == home]
            self._alarms.watch(Watching(region, home, name), topics)

    def wait(self, topology: Topology) -> None:
        """Whoever makes the alarms that the topology names, they change with their region."""
        regions = dict.fromkeys(region for app in topology.applications.values() for region in app.regions)
        for app in topology.applications.values():
            named = [(region, alarm) for entry in app.health for region, alarm in (entry.alarm or {}).items()]
            for region, alarm in named:
                for home in (*regions, topology.control_region):
                    self._alarms.follow(Watching(region, home, alarm.rsplit(":", 1)[-1]))
