"""Which services and places are exempt from the residency of the topology, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GlobalService:
    """A service with one home for all regions, where its calls are signed."""

    home: str
    reason: str


# Exempt from residency by name. botocore signs for the client's region once an endpoint URL is set, hence the pin.
GLOBAL_SERVICES = {
    "route53": GlobalService("us-east-1", "DNS records and health checks are global; their control plane is here"),
    "cloudfront": GlobalService("us-east-1", "distributions are global"),
    "budgets": GlobalService("us-east-1", "billing is global"),
    "ce": GlobalService("us-east-1", "Cost Explorer is global"),
    "cost-optimization-hub": GlobalService("us-east-1", "recommendations about cost are global"),
    "iam": GlobalService("us-east-1", "identities are global"),
    "organizations": GlobalService("us-east-1", "accounts are global"),
    "health": GlobalService("us-east-1", "the AWS Health API has its home here"),
    "route53-recovery-control-config": GlobalService("us-west-2", "ARC is configured here"),
}
# Exempt from residency too, but asked in the region that is named: any two of its five endpoints may be down.
EXEMPT_SERVICES = {"route53-recovery-cluster": "routing controls are switched through endpoints in five fixed regions"}

# Single places outside of the residency, and why: nothing but their own service may be asked there.
EXEMPT_PLACES = {
    ("cloudtrail", "us-east-1"): "what the global services were asked stands in the event history of this region only",
}
