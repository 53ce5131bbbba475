"""Findings of cdk-nag and cfn-lint that are accepted, each with its reason. What is not found any more has to go."""

from infra.policy.nag import Accepted

NAG = (
    Accepted(
        "AEC3", "*-cache-*/Group*", "a secondary is encrypted as its primary is, and is refused with a word about it"
    ),
    Accepted("AEC5", "*-cache-*/Group*", "another port hides nothing: only what the application runs is let in"),
    Accepted(
        "AEC6",
        "*-cache-*/Group*",
        "who is let in is the security group's to say; the application may set users of its own",
    ),
    Accepted(
        "AS3",
        "*-compute-*/Group-*",
        "its size is watched by the bot itself, pass by pass, and needs no other messenger",
    ),
    Accepted("CFR1", "*-cdn-*", "users are where they are: residency is of data, not of readers"),
    Accepted("CFR2", "*-cdn-*", "a web ACL is the application's to write, and cannot be told from a topology"),
    Accepted(
        "CFR4",
        "*-cdn-*",
        "a distribution without a name of its own has CloudFront's certificate, which says nothing stricter",
    ),
    Accepted("S1", "*-cdn-*/Logs/*", "it holds logs itself: logs of their reading would have no end"),
    Accepted(
        "EC23", "*-compute-*/Balancer/*", "users come from anywhere: this is the one thing that is met from outside"
    ),
    Accepted("ECS2", "*/Task-*", "what stands in the environment is no secret: addresses, names, the topology"),
    Accepted("IAM5", "*-identity-*/Boundary/*", "a boundary grants nothing: it is what policies are cut down to"),
    Accepted(
        "IAM5",
        "*-identity-*/Policy-*",
        "generated from what is called, and enforced while the stories of the tests are played (docs/iam.md)",
    ),
    Accepted(
        "IAM5", "*-people-*/Policy-*-break-glass-*", "the worker's own policies, for a person who does its work by hand"
    ),
    Accepted("IAM5", "*-people-*/Policy-*-look-*", "reading states only; most of these actions know no resource"),
    Accepted(
        "IAM5",
        "*-people-*/Policy-*-deploy-*",
        "CDK's bootstrap roles, one in each region; states of whatever the stacks consist of; what a worker reads",
    ),
    Accepted(
        "IAM5",
        "*-people-*/Policy-*-terminal-*",
        "tasks, sessions and stacks have ids that AWS gives; the house's key is held to its alias by a condition",
    ),
    Accepted("IAM5", "*-terminal-*/Role-*", "channels of a session and a registry's token know no resource"),
    Accepted("IAM5", "*-people-*/Boundary-deploy/*", "a boundary grants nothing: it is what policies are cut down to"),
    Accepted(
        "IAM5", "*-host-*/ExecutionRole/*", "a token of ECR is for a whole registry: the action knows no resource"
    ),
    Accepted("IAM5", "*-compute-*/ExecutionRole/*", "a token of ECR is for a whole registry"),
    Accepted("IAM5", "*-consumers-*/ExecutionRole/*", "a token of ECR is for a whole registry"),
    Accepted("IAM5", "*-region-switch-*", "below the plan's own ARN; targets of scaling have no names"),
    Accepted("RDS14", "*-database-*/Cluster", "a global database cannot be backtracked"),
    Accepted("IAM5", "*-storage-*/Backfill*", "the objects of the buckets whose copy it makes"),
    Accepted(
        "IAM5", "*-consumers-*/TaskRole/*", "below the application's own names: its objects, parameters and tables"
    ),
    Accepted("IAM5", "*-compute-*/Role-*", "below the application's own names: its objects, parameters and tables"),
    Accepted("IAM5", "*-compute-*/TaskRole/*", "below the application's own names: its objects, parameters and tables"),
    Accepted("IAM5", "*-storage-*/*Replication/*", "the objects below a prefix of the one bucket that is copied"),
    Accepted(
        "RDS2",
        "*-database-*/Instance",
        "a replica is encrypted by naming the key of its region, which the rule does not read",
    ),
    Accepted("RDS11", "*-database-*/Instance", "another port hides nothing: only what the application runs is let in"),
    Accepted(
        "RDS11",
        "*-state-*/Store/*",
        "another port hides nothing from who is in the network, and nobody else gets there",
    ),
    Accepted("S1", "*-storage-*/Anchors*", "what is done to its objects stands in CloudTrail (governance)"),
    Accepted("S1", "*-storage-*/Papers*", "what is done to its objects stands in CloudTrail (governance)"),
    Accepted(
        "S1", "*-storage-*/Bucket*", "an application's requests are logged where users meet it; CloudTrail has the rest"
    ),
    Accepted("S1", "*-takeover-*/Switch*", "one object without content, whose every change is a step of a run"),
    Accepted(
        "S2",
        "*-takeover-*/Switch*",
        "health checkers of Route 53 have no identity: the one object is readable, and says nothing",
    ),
    Accepted("S1", "*-compute-*/AccessLogs/*", "it holds logs itself: logs of their reading would have no end"),
    Accepted("S1", "*-governance-*/Trail/*", "it holds the trail, whose digests show what was changed or taken away"),
    Accepted(
        "S10",
        "*-storage-*/*Policy",
        "it denies what comes without TLS, by the bucket's name, which the rule does not read",
    ),
    Accepted("SMG4", "*-secrets-*/Secret*", "applications read a secret at their start: rotation is theirs to say"),
    Accepted("SMG4", "*-state-*/Secret*", "read once, at a start: what changed by itself would stop the next process"),
)
LINT = {
    "W6001": "what a command takes whole is put out, subnets of the network's stack included",
    "W3010": "zones are named on purpose: a lookup at deployment could answer other zones than the tests saw",
}
"""Rules of cfn-lint that are not asked."""
