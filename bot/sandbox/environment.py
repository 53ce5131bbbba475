"""The explicit environment of the child processes, and the same as files for other terminals."""

import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.world.webhooks import KEY as WEBHOOK_KEY
from dr_core.topology.model import Topology

BOT_PROFILE = "dr-bot"
WORKER_PROFILE = "dr-worker"
TERMINAL_PROFILE = "dr-terminal"
_ACCOUNT = re.compile(r"^arn:aws[a-z-]*:iam::(\d{12}):")
_DEFAULT_ACCOUNT = "123456789012"
Credentials = Callable[[str], tuple[str, str]]


@dataclass(frozen=True)
class Addresses:
    """Where the simulated services answer."""

    slack_api_url: str
    aws_url: str
    probe_connect_to: str
    probe_ca: Path
    resolvers: str


@dataclass(frozen=True)
class Layout:
    """Paths under the data folder; all absolute."""

    data: Path

    @property
    def logs(self) -> Path:
        """The children's logs."""
        return self.data / "logs"

    @property
    def aws_config(self) -> Path:
        """An AWS config file with our profiles only."""
        return self.data / "aws" / "config"

    def credentials(self, name: str) -> Path:
        """The credentials file of one terminal or person."""
        return self.data / "aws" / f"{name}.credentials"


def account_of(topology: Topology) -> str:
    """The AWS account that the topology is deployed to, else that its ARNs speak of."""
    if topology.deployment is not None:
        return topology.deployment.account
    roles = [one.account.role_arn for one in topology.applications.values() if one.account is not None]
    for arn in [*roles, *(arn for person in topology.people for arn in person.aws)]:
        found = _ACCOUNT.match(arn)
        if found:
            return found[1]
    return _DEFAULT_ACCOUNT


def common_environment(config: Path, layout: Layout, addresses: Addresses, profile: str) -> dict[str, str]:
    """What every process and terminal needs but the store's address; no tokens."""
    return {
        "DR_CONFIG": str(config),
        "SLACK_API_URL": addresses.slack_api_url,
        "AWS_ENDPOINT_URL": addresses.aws_url,
        "AWS_CONFIG_FILE": str(layout.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(layout.credentials(profile)),
        "AWS_PROFILE": profile,
        "AWS_EC2_METADATA_DISABLED": "true",
        "DR_PROBE_CONNECT_TO": addresses.probe_connect_to,
        "DR_PROBE_CA": str(addresses.probe_ca),
        "DR_RESOLVERS": addresses.resolvers,
    }


def store_in(layout: Layout) -> dict[str, str]:
    """The store as a file among the others."""
    return {"DATABASE_URL": f"sqlite:///{layout.data / 'dr.db'}"}


def child_environment(
    common: Mapping[str, str], tokens: Mapping[str, str], ack_key: Path, health_port: int
) -> dict[str, str]:
    """A child's whole environment: nothing of the caller's but PATH, HOME and the language; so no proxy either."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    fixed = {"LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "NO_PROXY": "127.0.0.1,localhost"}
    own = {"DR_ACK_KEY": str(ack_key), "DR_WORKER_KEY": str(worker_key(ack_key)), "DR_HEALTH_PORT": str(health_port)}
    own["DR_WEBHOOK_KEY"] = WEBHOOK_KEY
    return {**inherited, **fixed, **common, **tokens, **own}


def worker_key(ack_key: Path) -> Path:
    """The workers' key lies beside the bot's."""
    return ack_key.with_name("worker.pem")


def write_profiles(topology: Topology, layout: Layout, credentials: Credentials) -> tuple[str, ...]:
    """Write the AWS profile files; answers the Slack ids of people with AWS principals, each a profile too."""
    account = account_of(topology)
    profiles = (BOT_PROFILE, WORKER_PROFILE, TERMINAL_PROFILE)
    principals = {profile: f"arn:aws:iam::{account}:user/{profile}" for profile in profiles}
    people = {person.slack: person.aws[0] for person in topology.people if person.slack is not None and person.aws}
    layout.aws_config.parent.mkdir(parents=True, exist_ok=True)
    everybody = principals | people
    config = "".join(f"[profile {name}]\nregion = {topology.control_region}\n" for name in everybody)
    layout.aws_config.write_text(config, encoding="utf-8")
    for name, arn in everybody.items():
        key, secret = credentials(arn)
        body = f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
        write_private(layout.credentials(name), body)
    return tuple(people)


def write_environment(path: Path, environment: Mapping[str, str]) -> None:
    """KEY=VALUE lines, which a shell can source; values with spaces would need quotes, so they get them."""
    lines = [f"{key}={_quoted(value)}\n" for key, value in environment.items()]
    write_private(path, "".join(lines))


def write_private(path: Path, body: str) -> None:
    """Write a file that only this user can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(body, encoding="utf-8")


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[\w@%+=:,./-]*", value) else "'" + value.replace("'", "'\\''") + "'"


def free_ports(count: int) -> list[int]:
    """Ports on loopback that were free a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
