"""The house's own names, which the stacks of other regions and the bot's processes know without being told."""

from dataclasses import dataclass

from dr_core.topology.detection import SignalQueue
from dr_core.topology.opt_in import sns_principals
from infra.config import Config

OWNER, APP_ROLE = "dr_owner", "dr_app"
"""The two roles of the store: one makes the tables, the other runs bot and worker (docs/operations.md, The store)."""
DATABASE = "dr"
PORT = 5432


@dataclass(frozen=True)
class House:
    """Everything begins with `deployment.name`."""

    config: Config

    @property
    def name(self) -> str:
        return self.config.deployment.name

    @property
    def account(self) -> str:
        return self.config.deployment.account

    @property
    def store(self) -> str:
        """The instance that holds the bot's own tables."""
        return f"{self.name}-store"

    @property
    def trail(self) -> str:
        return f"{self.name}-trail"

    @property
    def trail_bucket(self) -> str:
        return f"{self.name}-trail-{self.account}-{self.config.topology.control_region}"

    def service(self, process: str) -> str:
        """The ECS service and task of a process (`bot`, `worker`), in the cluster `name`; and its role."""
        return f"{self.name}-{process}"

    def terminal_role(self, what: str, region: str) -> str:
        """Of the task by which a terminal reaches the store: `what` it does itself, and what starts it."""
        return f"{self.name}-{what}-{region}"

    @property
    def backups(self) -> str | None:
        """The other region that holds the store's backups; None where there is one region only."""
        control = self.config.topology.control_region
        return next((region for region in self.config.regions if region != control), None)

    def log_group(self, process: str) -> str:
        return f"/{self.name}/{process}"

    def secret(self, what: str) -> str:
        return f"{self.name}/{what}"

    def secret_arn(self, region: str, what: str) -> str:
        """Without the six characters that AWS adds, which differ from region to region."""
        return f"arn:aws:secretsmanager:{region}:{self.account}:secret:{self.secret(what)}"

    def topic(self, region: str) -> str:
        """Where the alarms of a region are told: as `detection.queue.topics` names it, or else derived."""
        queue = self.config.topology.detection.queue
        for arn in queue.topics if queue else ():
            _, _, _, where, account, name = arn.split(":")
            if (where, account) == (region, self.account):
                return name
        return f"{self.name}-alarms"

    def topic_arn(self, region: str) -> str:
        return f"arn:aws:sns:{region}:{self.account}:{self.topic(region)}"


TERMINAL, TERMINAL_START = "terminal", "terminal-start"
STORE_OWNER, STORE_APP = "store/owner", "store/app"
SLACK, ACK_KEY, ACK_PUBLIC, WORKER_KEY, WEBHOOK_KEY = "slack", "ack/private", "ack/public", "worker/private", "webhook"
"""None ends in a hyphen and six characters: a part of an ARN that does is taken for the whole of another secret's.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html"""
FILLED_BY_PEOPLE = {
    SLACK: 'the tokens of the Slack app: {"bot": "xoxb-...", "app": "xapp-..."}',
    ACK_KEY: "the Ed25519 key with which the bot signs, as PEM",
    ACK_PUBLIC: "the public half of the bot's key, as PEM: the worker reads only this one",
    WORKER_KEY: "the Ed25519 key that all workers share, as PEM",
}
"""Secrets that are made empty: a template is no place for a private key, and AWS cannot make one of this kind."""


def our_queue(config: Config) -> SignalQueue | None:
    """The queue of `dr.yaml`, where it is of this account and in a region that something is deployed to."""
    queue = config.topology.detection.queue
    ours = queue is not None and queue.account in (None, config.deployment.account) and queue.region in config.regions
    return queue if ours else None


def sns_names(config: Config) -> tuple[str, ...]:
    """As whom SNS brings signals to our queue."""
    if (queue := our_queue(config)) is None:
        return ("sns.amazonaws.com",)
    return sns_principals((arn.split(":")[3] for arn in queue.topics), queue.region)


def aside_name(queue: SignalQueue) -> str:
    """Where messages go that no worker could take."""
    return f"{queue.name}-aside"
