"""What of each row stands in the infrastructure: the modules that build it, and the gates that hold the templates.

Every template of every configuration also passes tests/infra/test_gates.py: cfn-lint, cdk-nag, residency, the snapshot.
"""

from dataclasses import dataclass

_S, _T = "infra/stacks/", "tests/infra/"


@dataclass(frozen=True)
class Built:
    """`by`: modules of infra/. `gates`: tests over what is synthesized or deployed."""

    by: tuple[str, ...]
    gates: tuple[str, ...]


BUILT: dict[str, Built] = {
    "T1": Built(("infra/records.py", _S + "dns.py"), (_T + "test_records.py", _T + "test_dns.py")),
    "T2": Built(("infra/records.py",), (_T + "test_records.py",)),
    "T3": Built((_S + "dns.py", _S + "health_alarms.py"), (_T + "test_dns.py", _T + "test_alarms.py")),
    "T4": Built(("infra/edge.py", _S + "cdn.py"), (_T + "test_edge.py", _T + "test_cdn.py")),
    "T5": Built(
        (_S + "arc.py", _S + "takeover.py", _S + "region_switch.py"),
        (_T + "test_arc.py", _T + "test_takeover.py", _T + "test_region_switch.py"),
    ),
    "D1": Built((_S + "database.py", "infra/engines.py"), (_T + "test_database.py", _T + "test_engines.py")),
    "D2": Built((_S + "database.py",), (_T + "test_database.py",)),
    "D3": Built((_S + "storage.py", "infra/buckets.py"), (_T + "test_storage.py",)),
    "D4": Built((_S + "secrets.py",), (_T + "test_secrets.py",)),
    "D5": Built((_S + "settings.py",), (_T + "test_copies.py",)),
    "D6": Built((_S + "settings.py",), (_T + "test_copies.py",)),
    "D7": Built((_S + "cache.py", _S + "tables.py"), (_T + "test_copies.py",)),
    "D8": Built((_S + "keys.py",), (_T + "test_keys.py",)),
    "A9": Built(("infra/app.py", "infra/deploying/applying.py"), (_T + "test_dr_deploy.py", _T + "test_end_to_end.py")),
    "M1": Built((_S + "dashboards.py", "infra/figures.py"), (_T + "test_dashboards.py",)),
    "M2": Built((_S + "alarms.py", _S + "signals.py", _S + "queue.py"), (_T + "test_alarms.py",)),
    "M3": Built((_S + "governance.py",), (_T + "test_governance.py",)),
    "S1": Built((_S + "keys.py", _S + "storage.py", _S + "database.py"), (_T + "test_keys.py", _T + "test_gates.py")),
    "S2": Built((_S + "identity.py", "infra/iam/policies.py"), (_T + "test_identity.py", _T + "test_iam.py")),
    "S3": Built((_S + "governance.py", _S + "house_storage.py"), (_T + "test_governance.py", _T + "test_storage.py")),
    "S4": Built(("infra/policy/residency.py", _S + "governance.py"), (_T + "test_gates.py", _T + "test_governance.py")),
    "S5": Built((_S + "network.py", _S + "compute.py"), (_T + "test_network.py", _T + "test_compute.py")),
    "I1": Built((_S + "storage.py",), (_T + "test_storage.py",)),
    "I2": Built((_S + "compute.py", "infra/running/service.py"), (_T + "test_compute.py",)),
    "F1": Built(("infra/records.py",), (_T + "test_records.py",)),
    "F2": Built(("infra/records.py",), (_T + "test_records.py",)),
}
