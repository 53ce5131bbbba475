"""Who signs: access keys and the principals behind them, roles and who may assume them; STS answers from here."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.signatures import SignedHttp, fault_of


@dataclass(frozen=True)
class _Keys:
    """What is behind an access key. Temporary ones have a token, which must come with each request, and an end."""

    secret: str
    arn: str
    token: str | None = None
    ends_at: datetime | None = None


class Identities:
    """Users and sessions of roles. An access key that nobody registered is the user `sandbox`, but STS refuses it.

    Of roles those can be assumed that the topology names for its applications, by whoever gives their external id.
    """

    PAGES: ClassVar[dict[str, str]] = {"sts": "https://docs.aws.amazon.com/STS/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self.account = ground.account
        self._timeline = ground.timeline
        self._keys = {"sandbox": _Keys("sandbox", f"arn:aws:iam::{self.account}:user/sandbox")}
        self._sessions = 0
        self._external_ids: dict[str, str | None] = {}
        for application in ground.topology.applications.values():
            if application.account:
                self.trust(application.account.role_arn, application.account.external_id)

    def trust(self, role_arn: str, external_id: str | None = None) -> None:
        """From now on the role can be assumed, where it asks for an external id with that one only."""
        self._external_ids[role_arn] = external_id

    def distrust(self, role_arn: str) -> None:
        """As if the role were deleted, or its trust policy named somebody else: STS answers both alike."""
        self._external_ids.pop(role_arn, None)

    def end_sessions(self) -> None:
        """Every session of a role is over now."""
        now = self._timeline.now
        self._keys = {key: replace(keys, ends_at=keys.ends_at and now) for key, keys in self._keys.items()}

    def credentials(self, arn: str) -> tuple[str, str]:
        """The same access key and secret for the same principal, every time. A role is named by one of its sessions."""
        digest = hashlib.sha256(arn.encode()).hexdigest()
        access_key = f"AKIA{digest[:16].upper()}"
        parts = arn.split(":")
        if len(parts) == 6 and parts[2] == "iam" and parts[5].startswith("role/"):
            arn = f"{':'.join([*parts[:2], 'sts', '', parts[4]])}:assumed-role/{arn.rsplit('/', 1)[-1]}/sandbox"
        self._keys[access_key] = _Keys(digest[:40], arn)
        return access_key, digest[:40]

    def arn_of(self, access_key: str) -> str:
        keys = self._keys.get(access_key)
        return keys.arn if keys else f"arn:aws:iam::{self.account}:user/sandbox"

    def refuse_expired(self, access_key: str, service: str, protocol: str) -> None:
        """AwsError where the session behind the key is over, under the name that the protocol has for it."""
        keys = self._keys.get(access_key)
        if keys is None or keys.ends_at is None or self._timeline.now < keys.ends_at:
            return
        code = "ExpiredTokenException" if "json" in protocol else "ExpiredToken"
        raise AwsError(code, "The security token included in the request is expired", 400 if service == "s3" else 403)

    def check(self, access_key: str, request: SignedHttp) -> None:
        """AwsError unless `request` was just signed with the secret behind its access key, over all it must cover."""
        keys = self._keys.get(access_key)
        if keys is None:
            raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        fault = fault_of(request, access_key, keys.secret, keys.token)
        if fault is not None:
            raise fault

    def operations(self) -> Operations:
        return {("sts", "GetCallerIdentity"): self.get_caller_identity, ("sts", "AssumeRole"): self.assume_role}

    def get_caller_identity(self, call: Call) -> Parameters:
        """The account in the answer is the one of the principal's ARN."""
        arn = self.arn_of(call.access_key)
        parts = arn.split(":")
        account = parts[4] if len(parts) > 5 and parts[4] else self.account
        unique = hashlib.sha256(arn.encode()).hexdigest()[:16].upper()
        return {"Account": account, "Arn": arn, "UserId": f"AIDA{unique}"}

    def assume_role(self, call: Call) -> Parameters:
        """Temporary credentials whose identity is the role's session; refused alike for every reason there may be."""
        role, session = call.text("RoleArn"), call.text("RoleSessionName")
        wanted = self._external_ids.get(role)
        if role not in self._external_ids or (wanted is not None and call.parameters.get("ExternalId") != wanted):
            who = call.principal or self.arn_of(call.access_key)
            told = f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {role}"
            raise AwsError("AccessDenied", told, 403)
        parts = role.split(":")
        account = parts[4] if len(parts) > 5 else self.account
        arn = f"arn:aws:sts::{account}:assumed-role/{role.rsplit('/', 1)[-1]}/{session}"
        self._sessions += 1
        digest = hashlib.sha256(f"{arn}#{self._sessions}".encode()).hexdigest()
        access_key = f"ASIA{digest[:16].upper()}"
        ends_at = self._timeline.now + timedelta(seconds=int(call.parameters.get("DurationSeconds") or 3600))
        self._keys[access_key] = _Keys(digest[:40], arn, digest, ends_at)
        return {
            "Credentials": {
                "AccessKeyId": access_key,
                "SecretAccessKey": digest[:40],
                "SessionToken": digest,
                "Expiration": ends_at,
            },
            "AssumedRoleUser": {"AssumedRoleId": f"AROA{digest[16:32].upper()}:{session}", "Arn": arn},
        }
