"""What the product has to cover, row by row: where its evidence is read, which steps act, which tests hold it.

An entry of `reads` is a module of the product, of `steps` a step kind, of `tests` a test file. `open` says what is not
there yet; a row without anything but that is not built.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    id: str
    title: str
    reads: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    open: str = ""


_EXAMINE = "dr_core/readiness/examinations/"
_EXAMINED = ("tests/unit/readiness/test_judgements.py", "tests/contract/test_examinations.py")
_COPIES = ("tests/contract/copies/test_copies.py", "tests/unit/replication/test_copy_readings.py")
_RUN_STEPS = (
    "scale-target", "sync-parameters", "compare-parameters", "fence-source", "switchover-aurora", "failover-aurora",
    "switch-records", "take-over", "give-back", "scale-to-standby", "verify-dns", "verify-health", "verify-write",
    "verify-writer", "stop-consumers", "start-consumers",
)  # fmt: skip
_BUDGET = ("tests/contract/test_billing.py", "tests/unit/budget/test_spend.py")

TRAFFIC = (
    Row("T1", "Route 53 records of both regions, TTL, health checks; health as a switch where there is one writer",
        ("dr_core/traffic/route53.py", "dr_core/observation/traffic.py", _EXAMINE + "traffic.py",
         _EXAMINE + "record_shapes.py"),
        ("switch-records", "verify-dns"),
        ("tests/contract/test_records_port.py", "tests/contract/test_record_shapes.py",
         "tests/scenario/test_failover_records.py", "tests/sandbox/world/test_world_traffic.py",
         "tests/sandbox/world/test_world_answers.py", "tests/unit/readiness/test_record_shapes.py", *_EXAMINED)),
    Row("T2", "Canary: 1-5 % of the traffic to the standby before the rest",
        ("dr_core/canary/judge.py", "dr_core/canary/stored.py", "dr_core/traffic/route53.py"),
        ("canary-start", "canary-hold"),
        ("tests/scenario/test_canary.py", "tests/contract/test_canary_steps.py", "tests/unit/canary/test_judge.py",
         "tests/unit/canary/test_runs.py", "tests/crash/test_crashes.py"),
        "by weighted records only; the health endpoints are compared, not the users' own requests"),
    Row("T3", "Health checks seen from several regions: own probes, Route 53's checkers by region",
        ("dr_core/health/http.py", "dr_core/health/route53.py", "dr_core/health/verdict.py"), (),
        ("tests/unit/health/test_http_probes.py", "tests/contract/test_readers_of_health.py",
         "tests/sandbox/world/test_world_sweep.py")),
    Row("T4", "CloudFront origin failover, with its limits stated",
        ("dr_core/traffic/cloudfront.py", _EXAMINE + "distributions.py"), ("verify-origin",),
        ("tests/contract/test_copies_of_stores.py", "tests/contract/test_distributions.py",
         "tests/unit/readiness/test_distributions.py")),
    Row("T5", "Switch without control planes: ARC routing controls, or a standby that takes over",
        ("dr_core/traffic/arc.py", "dr_core/traffic/takeover.py", _EXAMINE + "controls.py",
         _EXAMINE + "safety_rules.py"),
        ("switch-controls", "take-over", "give-back"),
        ("tests/contract/test_controls_port.py", "tests/contract/test_takeover_port.py",
         "tests/contract/test_controls_examination.py", "tests/contract/test_runbook_by_hand.py")),
)  # fmt: skip
DATA = (
    Row("D1", "Aurora Global Database: switchover, failover, RPO below a minute",
        ("dr_core/database/aurora.py", "dr_core/replication/aurora.py", "dr_core/health/database.py",
         "dr_core/database/rds_replica.py", _EXAMINE + "replicas.py", _EXAMINE + "database_names.py"),
        ("switchover-aurora", "failover-aurora", "detach-aurora", "verify-writer", "promote-replica",
         "stop-instance", "verify-promoted"),
        ("tests/contract/test_database_port.py", "tests/contract/test_replica_port.py",
         "tests/contract/test_readers_of_replication.py",
         "tests/sandbox/world/test_world_aurora.py", "tests/oracle/test_oracle.py")),
    Row("D2", "Multi-AZ, Database Insights, backups with point-in-time recovery", (_EXAMINE + "database.py",), (),
        _EXAMINED),
    Row("D3", "S3 cross-region replication, multi-Region keys, lifecycle rules",
        ("dr_core/replication/s3.py", "dr_core/replication/heartbeat.py", "dr_core/replication/rules.py",
         "dr_core/budget/buckets.py", "dr_core/copies/buckets.py", _EXAMINE + "storage.py"),
        ("check-rules", "drain-buckets", "prepare-backfill"),
        ("tests/contract/test_copies_of_stores.py", "tests/contract/test_bucket_heartbeats.py",
         "tests/unit/replication/test_bucket_rules.py",
         "tests/sandbox/world/test_world_s3.py"),
        "no release writes blue/green prefixes yet"),
    Row("D4", "Secrets Manager replication",
        ("dr_core/replication/secrets.py", "dr_core/copies/secrets.py", _EXAMINE + "secrets.py"), ("promote-secrets",),
        ("tests/contract/test_copies_of_stores.py", "tests/contract/test_readers_of_secrets.py",
         "tests/sandbox/world/test_world_secrets.py")),
    Row("D5", "SSM Parameter Store kept in step",
        ("dr_core/parameters/ssm.py", "dr_core/replication/names.py", _EXAMINE + "parameters.py"),
        ("sync-parameters", "compare-parameters"), ("tests/contract/test_parameters_port.py", *_COPIES)),
    Row("D6", "Feature flags kept in step", ("dr_core/parameters/ssm.py", "dr_core/replication/appconfig.py"),
        ("sync-parameters", "compare-parameters"), _COPIES, "flags in AppConfig are compared, and not copied"),
    Row("D7", "Caches (ElastiCache Global Datastore) and DynamoDB global tables",
        ("dr_core/replication/elasticache.py", "dr_core/replication/dynamodb.py", "dr_core/health/cache.py",
         "dr_core/health/tables.py", "dr_core/copies/elasticache.py"), ("failover-cache",),
        (*_COPIES, "tests/contract/test_copies_of_stores.py", "tests/sandbox/world/test_world_copies.py")),
    Row("D8", "KMS multi-Region keys usable in both regions", ("dr_core/replication/kms.py", _EXAMINE + "keys.py"), (),
        (*_COPIES, "tests/sandbox/world/test_world_copies.py")),
)  # fmt: skip
ACTING = (
    Row("A1", "Failover, end to end, RTO within 15 minutes",
        ("dr_core/objectives/rto.py", "dr_core/execution/loss.py", _EXAMINE + "custom.py"),
        (*_RUN_STEPS, "custom-lambda", "custom-ssm", "custom-webhook", "custom-plugin"),
        ("tests/scenario/test_forced.py", "tests/scenario/test_planned.py", "tests/crash/test_crashes.py",
         "tests/scenario/test_custom_steps.py", "tests/contract/test_custom_ports.py",
         "tests/simulation/test_simulation.py", "tests/unit/execution/test_losses.py")),
    Row("A2", "Failback: re-protect, catch up, switch back, verify",
        ("dr_core/objectives/rto.py", "dr_core/catch_up/judge.py", "dr_core/reconciliation/searching.py"),
        ("reprotect-aurora", "catch-up", "backfill-buckets", "verify-steady", *_RUN_STEPS),
        ("tests/scenario/test_way_home.py", "tests/crash/test_lost_writes.py", "tests/browser/test_tour.py")),
    Row("A3", "Drill that touches no production traffic; readiness score from checks",
        ("dr_core/drills/carrying.py", "dr_core/drills/score.py", "dr_core/drills/tabletop.py",
         _EXAMINE + "rehearsal.py"), (),
        ("tests/crash/test_drills.py", "tests/contract/test_drills_on_aws.py", "tests/contract/test_drill_ports.py",
         "tests/unit/drills/test_deciders.py", "tests/scenario/test_drills.py", *_EXAMINED)),
    Row("A4", "Detection proposes a failover; only people start one",
        ("dr_core/health/verdict.py", "dr_core/detection/decide.py", "dr_core/detection/detector.py",
         "dr_core/detection/intake.py", "dr_core/preparation/preparing.py"), (),
        ("tests/unit/health/test_verdict.py", "tests/unit/detection/test_decide.py",
         "tests/contract/test_signal_queue.py", "tests/crash/test_detection.py", "tests/scenario/test_detection.py")),
    Row("A5", "Manual override with safety checks; break-glass; evacuation of a region",
        ("dr_core/plan/preflight.py", "dr_core/plan/gates.py", "dr_core/plan/target.py"), (),
        ("tests/unit/plan/test_preflight.py", "tests/unit/plan/test_target.py", "tests/scenario/test_terminal.py"),
        "a whole region is not evacuated in one request yet"),
    Row("A6", "A rollback plan for every run",
        ("dr_core/plan/rollback.py", "dr_core/plan/undo.py", "dr_core/execution/outcomes.py"), (),
        ("tests/crash/test_rollbacks.py", "tests/scenario/test_rollback.py", "tests/unit/plan/test_rollback.py",
         "tests/unit/control/test_rolling_back.py", "tests/unit/runbook/test_rollback_pages.py")),
    Row("A7", "Verification after failover: write, read back, DNS, health",
        ("dr_core/verify/http.py", "dr_core/verify/dns.py", "dr_core/consumers/consumption.py",
         _EXAMINE + "consumers.py"),
        ("verify-dns", "verify-health", "verify-write", "verify-writer", "verify-consumers"),
        ("tests/contract/test_verify_ports.py", "tests/contract/consumers/test_consumers_seen.py",
         "tests/scenario/test_consumers.py")),
    Row("A8", "Every event in a trail that shows tampering",
        ("dr_core/audit/verify.py", "dr_core/audit/cloudtrail.py"), (),
        ("tests/unit/audit/test_verify.py", "tests/crash/test_anchors.py", "tests/contract/test_cloudtrail.py")),
    Row("A9", "Deployment: prerequisites, stacks in order, configuration, monitoring", open="no code yet"),
)  # fmt: skip
HEALTH = (
    Row("H1", "Health of API, database, cache, storage, secrets, in each region",
        ("dr_core/health/http.py", "dr_core/health/database.py", "dr_core/health/cache.py",
         "dr_core/health/storage.py", "dr_core/health/secrets.py", "dr_core/health/tables.py",
         "dr_core/health/capacity.py", "dr_core/health/events.py"), (),
        ("tests/contract/test_readers_of_health.py", "tests/unit/health/test_component_signals.py")),
    Row("H2", "A verdict per region, damped against flapping", ("dr_core/health/verdict.py",), (),
        ("tests/unit/health/test_verdict.py", "tests/oracle/test_oracle.py")),
    Row("H3", "Response time, error rate, availability over time",
        ("dr_core/objectives/keeping.py", "dr_core/objectives/performance.py", "dr_core/objectives/tally.py"), (),
        ("tests/unit/objectives/test_tally.py", "tests/unit/objectives/test_keeping.py")),
    Row("H4", "Objectives met or missed, per application",
        ("dr_core/objectives/rto.py", "dr_core/objectives/rpo.py", "dr_core/objectives/availability.py"), (),
        ("tests/unit/objectives/test_availability.py", "tests/unit/execution/test_losses.py",
         "tests/unit/execution/test_measured.py")),
)  # fmt: skip
MONEY = (
    Row("M1", "CloudWatch dashboards", open="no code yet"),
    Row("M2", "Alarms into Slack", open="verdicts, findings and budget thresholds are told; no CloudWatch alarm is"),
    Row("M3", "Budget with alerts at 50 % and 80 %, burst limit by forecast",
        ("dr_core/budget/billing.py", "dr_core/budget/spend.py", "dr_core/budget/exchange.py"), (), _BUDGET),
    Row("M4", "Cost per region, and what the standby costs", ("dr_core/budget/shares.py",), (),
        ("tests/unit/budget/test_shares_and_savings.py", "tests/sandbox/world/test_costs.py")),
    Row("M5", "Savings found", ("dr_core/budget/savings.py", "dr_core/budget/buckets.py"), (),
        ("tests/unit/budget/test_shares_and_savings.py", *_BUDGET),
        "what a drill could not clean up is a finding, without an amount"),
)  # fmt: skip
SAFETY = (
    Row("S1", "Encryption with multi-Region keys",
        (_EXAMINE + "keys.py", _EXAMINE + "database.py", _EXAMINE + "storage.py"), (), _EXAMINED),
    Row("S2", "Least privilege", (_EXAMINE + "permissions.py",), (), _EXAMINED,
        "a policy for the bot is not generated yet"),
    Row("S3", "CloudTrail in all regions; the bot's own audit store",
        (_EXAMINE + "posture.py", _EXAMINE + "own_house.py", "dr_core/audit/anchoring.py"), (),
        (*_EXAMINED, "tests/contract/test_anchor_places.py")),
    Row("S4", "EU residency", (_EXAMINE + "residency.py", "dr_core/topology/check_regions.py"), (),
        (*_EXAMINED, "tests/unit/topology/test_check.py"), "there is no infrastructure code to guard yet"),
    Row("S5", "VPC isolation, security groups", open="no infrastructure code yet"),
)  # fmt: skip
OPERATING = (
    Row("O1", "Daily health digest", ("dr_core/reports/health.py",), (),
        ("tests/scenario/test_digest.py", "tests/unit/bot/test_scheduler.py")),
    Row("O2", "Weekly drill", ("dr_core/drills/schedule.py", "dr_core/drills/overdue.py"), (),
        ("tests/unit/drills/test_deciders.py", "tests/unit/bot/test_scheduled_drills.py")),
    Row("O3", "Monthly cost review", ("dr_core/reports/budget.py",), (), ("tests/unit/bot/test_budget_posts.py",)),
    Row("O4", "Quarterly full drill", ("dr_core/drills/schedule.py", "dr_core/drills/cloning.py"), (),
        ("tests/unit/drills/test_deciders.py", "tests/unit/bot/test_scheduled_drills.py",
         "tests/contract/test_drills_on_aws.py")),
    Row("O5", "Runbooks, troubleshooting, decisions, playbooks, API docs",
        ("dr_core/runbook/export.py", "dr_core/runbook/paper.py"), (),
        ("tests/unit/runbook/test_export.py", "tests/contract/test_runbook_by_hand.py", "tests/shape/test_docs.py"),
        "there are no playbooks for alarms yet"),
    Row("I1", "Blue/green across both regions", open="no code yet"),
    Row("I2", "Auto scaling in both regions; the standby scaled before traffic moves",
        ("dr_core/capacity/by_kind.py", "dr_core/capacity/scalable_targets.py", _EXAMINE + "services.py",
         _EXAMINE + "quotas.py", _EXAMINE + "instance_quotas.py"),
        ("scale-target", "fence-source", "scale-to-standby"),
        ("tests/contract/test_capacity_port.py", "tests/contract/test_instance_quotas.py",
         "tests/sandbox/world/test_world_capacity.py", "tests/scenario/test_findings.py")),
)  # fmt: skip
CHAT = (
    Row("C1", "/dr status in the incident channel", ("dr_core/reports/status.py",), (),
        ("tests/scenario/test_looking.py", "tests/unit/commands/test_looking.py", "tests/oracle/test_oracle.py")),
    Row("C2", "/dr failover with approval by button", ("dr_core/approvals/open.py",), (),
        ("tests/scenario/test_forced.py", "tests/browser/test_tour.py")),
    Row("C3", "Scheduled health, replication and budget reports", ("bot/scheduler.py",), (),
        ("tests/unit/bot/test_scheduler.py", "tests/unit/bot/test_slots.py", "tests/unit/bot/test_budget_posts.py")),
    Row("C4", "Failover only after the required acknowledgements",
        ("dr_core/approvals/decision.py", "dr_core/approvals/proof.py"), (),
        ("tests/scenario/test_decisions.py", "tests/unit/approvals/test_who_and_once.py", "tests/model/test_model.py")),
    Row("C5", "SQL audit store with migrations", ("dr_core/store/migrate.py",), (),
        ("tests/unit/store/test_upgrades.py",)),
    Row("F1", "Active-active: shift away and return",
        ("dr_core/plan/layers/shift.py", "dr_core/approvals/direction.py", "dr_core/observation/active.py"),
        ("shift-weights", "switch-controls", "verify-away"),
        ("tests/scenario/test_serving.py", "tests/contract/test_shift.py", "tests/unit/approvals/test_direction.py")),
    Row("F2", "More than two regions", ("dr_core/plan/target.py", "dr_core/reports/status.py"), _RUN_STEPS,
        ("tests/scenario/test_topologies.py", "tests/unit/plan/test_target.py", "tests/oracle/test_oracle.py")),
    Row("F3", "Failure prediction from stored samples", open="no code yet"),
)  # fmt: skip

SECTIONS = {
    "Traffic": TRAFFIC,
    "Data": DATA,
    "Acting": ACTING,
    "Health and objectives": HEALTH,
    "Monitoring and cost": MONEY,
    "Safety": SAFETY,
    "Operating": OPERATING,
    "In the channel, and beyond": CHAT,
}
