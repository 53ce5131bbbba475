"""Why a policy of ours allows something that no call of ours is named after, and why it allows all of a kind."""

BESIDES = {
    "cost-optimization-hub:GetRecommendation": "AWS's reference names it as what ListRecommendations depends on",
    "iam:PassRole": "asked of whoever gives a role to a job, a schedule or an automation",
    "kms:CreateGrant": "RDS makes instances and snapshots of an encrypted cluster under a grant of the caller",
    "kms:GenerateDataKey": "S3 encrypts an object with the bucket's key in the name of whoever puts it",
    "rds:AddTagsToResource": "asked of whoever creates something with tags",
    "s3:DeleteObjectVersion": "DeleteObjects of versions by their ids",
    "s3:GetObjectVersion": "GetObject of a version by its id",
    "s3:PutObjectRetention": "PutObject under a lock",
    "s3:PutObjectTagging": "PutObject with tags",
    "ssm:AddTagsToResource": "StartAutomationExecution with tags",
}
"""Actions that IAM asks about besides the one of the operation that is called."""

WIDE = {
    "appconfig": "AppConfig is asked by ids that it gives itself",
    "application-autoscaling": "a scalable target's id is AWS's own",
    "budgets": "budgets are listed",
    "cloudtrail:trail": "an organization's trail is another account's",
    "cloudwatch:alarm": "an alarm of a scaling policy has the name that its owner gave it",
    "cloudfront": "until it is deployed nobody knows a distribution's id",
    "ecr": "an image may be anybody's",
    "elasticache": "AWS puts letters of its own before a datastore's name; members are listed by it",
    "kinesis": "which stream a function reads its mapping says",
    "kms": "which key encrypts is what is asked; a key known by its alias is held to it by a condition",
    "lambda:event-source-mapping": "a mapping's id is Lambda's own; a condition names the function",
    "rds:cluster-pg": "the group that a cluster uses is found out",
    "rds:db": "members of a cluster are listed",
    "rds:db-proxy": "proxies are listed to find those in front of the database",
    "rds:global-cluster": "a cluster that left its global cluster is looked for in all of them",
    "rds:og": "what a clone is restored with",
    "rds:pg": "what an instance is made with",
    "rds:subgrp": "what an instance or a clone is placed by",
    "rds:target-group": "a proxy's targets are listed",
    "route53-recovery-control": "until they are deployed nobody knows the ids of controls",
    "route53:healthcheck": "which check a record names Route 53 says",
    "s3:job": "a job's id is S3's own",
    "sqs": "which queue a function reads its mapping says",
    "ssm:automation-execution": "an execution's id is AWS's own",
}
"""By service, or service and kind of resource: where a policy cannot do with less than everything of the kind."""
