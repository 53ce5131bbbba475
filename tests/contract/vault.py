"""An application with everything that is copied beside a database; its ports, on the fake or on the simulated AWS."""

from typing import Any

from dr_core.aws.clients import acting_clients
from dr_core.copies.buckets import S3Copies
from dr_core.copies.elasticache import ElastiCacheGroups
from dr_core.copies.memory import MemoryBuckets, MemoryCache, MemorySecrets
from dr_core.copies.secrets import SecretReplicas
from dr_core.plan.ports import Ports
from dr_core.replication.rules import Rule
from dr_core.topology.model import Topology
from dr_core.traffic.cloudfront import CloudFrontDistributions
from dr_core.traffic.memory_distributions import MemoryDistributions
from dr_core.verify.http import HttpProbe
from tests.ports import some_ports

HOME, AWAY = "ap-southeast-2", "us-west-2"
ROLE = "arn:aws:iam::444455556666:role/backfill"
SECRETS = ("vault/database", "vault/api keys/2")
BUCKETS = {HOME: "vault-papers-syd", AWAY: "vault-papers-pdx"}
HEALTH = {HOME: "https://syd.vault.example.net/up", AWAY: "https://pdx.vault.example.net/up"}
DISTRIBUTION, DOMAIN = "E2VAULT", "de2vault.cloudfront.net"
EDGE = f"https://{DOMAIN}/"


def topology(**changes: Any) -> Topology:
    """`changes` are keys of the application."""
    app = {
        "primary": HOME,
        "standby": [AWAY],
        "health": [{"http": HEALTH}],
        "traffic": [{"cloudfront": {"distribution": DISTRIBUTION}}],
        "storage": [{"s3": {"buckets": BUCKETS, "prefixes": ["in/"], "batch_role_arn": ROLE}}],
        "cache": [{"elasticache_global": {"group": "vault-sessions"}}],
        "secrets": list(SECRETS),
        **changes,
    }
    return Topology.model_validate(
        {
            "version": 1,
            "residency": {"allowed_regions": [HOME, AWAY]},
            "control_region": AWAY,
            "slack": {"incident_channel": "C0INCIDENT", "digest_channel": "C0DIGEST"},
            "approval": {"approvers": {"users": ["U0A", "U0B", "U0C"]}},
            "applications": {"vault": app},
        }
    )


def rule(to: str, **changes: Any) -> Rule:
    return Rule(**{"id": f"to-{to}", "target": BUCKETS[to], "enabled": True, "replica_changes": True} | changes)


def on_aws(stage: Any) -> Ports:
    client_of, ends = acting_clients(stage.aws, None), stage.endpoints
    edge = HttpProbe(connect_to=[ends.connect_to], ca=ends.ca_path)
    return some_ports(
        caches=ElastiCacheGroups(client_of, stage.clock),
        secrets=SecretReplicas(client_of),
        buckets=S3Copies(client_of, stage.clock),
        distributions=CloudFrontDistributions(client_of, edge.read),
    )


def in_memory(stage: Any) -> Ports:
    caches = MemoryCache((HOME, AWAY), HOME, stage.clock)
    secrets = MemorySecrets({(name, r): None if r == HOME else HOME for name in SECRETS for r in (HOME, AWAY)})
    buckets = MemoryBuckets(stage.clock, {BUCKETS[HOME]: (rule(AWAY, delete_markers=True),)})
    buckets.listed[BUCKETS[AWAY]] = (rule(HOME, delete_markers=True),)
    edge = MemoryDistributions({DISTRIBUTION: DOMAIN}, {EDGE: HOME})

    def take_down(region: str) -> None:
        for port in (caches, secrets, buckets):
            port.down.add(region)
        edge.answers[EDGE] = AWAY if region == HOME else HOME

    stage.take_down = take_down
    return some_ports(caches=caches, secrets=secrets, buckets=buckets, distributions=edge)
