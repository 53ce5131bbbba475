"""Random topologies, each from a seed: applications of any shape over two to four regions, with invented names."""

import random
from typing import Any

from dr_core.topology.model import Topology

REGIONS = ("eu-central-1", "eu-west-1", "eu-north-1", "eu-south-1", "eu-west-3")
NAMES = ("orders", "tickets", "search", "billing", "mail", "maps", "wiki", "stock", "votes", "polls", "radio", "games")
Json = dict[str, Any]


def topology(seed: int, applications: int) -> Topology:
    """As many applications over regions of its own choice; what each has is a matter of chance."""
    chance = random.Random(seed)  # reproducible dice for a test, not a secret
    regions = chance.sample(REGIONS, k=chance.choice((3, 4)))
    names = chance.sample(NAMES, k=applications)
    return Topology.model_validate(
        {
            "version": 1,
            "residency": {"allowed_regions": regions},
            "control_region": regions[0],
            "objectives": {"rpo": chance.choice(("20s", "1m", "5m"))},
            "detection": {"interval": "1s", "hold_down": "3s"},
            "slack": {"incident_channel": "C0INCIDENT", "digest_channel": "C0DIGEST"},
            "approval": {"approvers": {"usergroup": "S0APPROVERS"}},
            "applications": {name: _application(name, regions, chance) for name in names},
        }
    )


def _application(name: str, regions: list[str], chance: random.Random) -> Json:
    mine = chance.sample(regions, k=chance.choice((2, 2, 3)))
    made: Json = {
        "primary": mine[0],
        "standby": mine[1:],
        "health": [{"http": _by(mine, f"https://{name}-{{}}.example.net/up")}],
    }
    if chance.random() < 0.4:
        made["health"].append({"route53": _by(mine, f"hc-{name}-{{}}")})
    if chance.random() < 0.8:
        made["traffic"] = [_records(name, mine)]
    if chance.random() < 0.8:
        clusters = _by(mine, f"{name}-db-{{}}")
        made["database"] = {"aurora_global": {"global_cluster": f"{name}-global", "clusters": clusters}}
    if chance.random() < 0.3:
        made["storage"] = [{"s3": {"buckets": _by(mine, f"{name}-files-{{}}"), "heartbeat": False}}]
    if chance.random() < 0.3:
        made["secrets"] = [f"{name}/database"]
    if chance.random() < 0.5:
        made["parameters"] = {"paths": [f"/{name}/settings/"]}
    if chance.random() < 0.15:
        made["cache"] = [{"elasticache_global": {"group": f"{name}-cache"}}]
    if chance.random() < 0.15:
        made["tables"] = [{"dynamodb_global": {"table": f"{name}-sessions"}}]
    if chance.random() < 0.15:
        made["keys"] = [f"alias/{name}"]
    if chance.random() < 0.4:
        made["capacity"] = [{"ecs": {"cluster": name, "service": "web", "active": 3, "standby": 1}}]
    return made


def _records(name: str, regions: list[str]) -> Json:
    identifiers = _by(regions, f"{name}-{{}}")
    return {
        "route53_records": {
            "hosted_zone": f"Z{name.upper()}", "name": f"{name}.example.net", "type": "A",
            "set_identifiers": identifiers,
        }
    }  # fmt: skip


def _by(regions: list[str], form: str) -> dict[str, str]:
    return {region: form.format(region) for region in regions}
