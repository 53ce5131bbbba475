"""Whose account the operator's credentials are of."""

from dr_core.aws.faults import aws_errors
from dr_core.aws.session import Purpose
from dr_core.errors import RefusedError
from infra.deploying.site import Site


def caller(site: Site, region: str) -> tuple[str, str]:
    """(account, ARN)"""
    with aws_errors("sts", region, "GetCallerIdentity"):
        told = site.aws.client("sts", region, purpose=Purpose.DEPLOY).get_caller_identity()
    return str(told["Account"]), str(told["Arn"])


def refuse_other_account(site: Site, region: str) -> None:
    """RefusedError where they are another's: what stands there, and its markers, say nothing about this deployment."""
    (account, arn), wanted = caller(site, region), site.config.deployment.account
    if account != wanted:
        raise RefusedError(
            f"These are credentials of account {account} ({arn}), but deployment.account is {wanted}.",
            hint="Use that account's credentials (AWS_PROFILE), or correct deployment.account.",
        )
