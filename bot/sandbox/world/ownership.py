"""Whose things are whose: a principal of one account does not find what stands in another, as in AWS.

The world keeps one stock of everything. What tells accounts apart is the topology: what an application names belongs
to the account of its role, and to the world's own account where it names none. What several accounts name is nobody's.
"""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.world.api import AwsError, Call, account_in
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.service_models import operation_model
from dr_core.topology.model import Application

# Names that are one for the whole world, whatever the account: AWS says that they are not yours.
_SHARED_NAMES = frozenset({"s3", "route53"})
# Keys of dr.yaml under which such a name stands, or one for each region.
_TELLING = frozenset(
    {"hosted_zone", "bucket", "buckets", "global_cluster", "clusters", "instances", "cluster", "function", "rule"}
    | {"schedule"}
)


class Ownership:
    """Asked before each call that is not the world's own."""

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._owners: dict[str, str] = {}
        contested: set[str] = set()
        for application in ground.topology.applications.values():
            owner = account_in(application.account.role_arn if application.account else "", ground.account)
            for name in _names(application):
                if self._owners.setdefault(name, owner) != owner:
                    contested.add(name)
        self._owners = {name: owner for name, owner in self._owners.items() if name not in contested}
        self._several = len({*self._owners.values(), ground.account}) > 1

    def refuse_stranger(self, call: Call) -> None:
        """AwsError where the call names something of an account that is not the caller's."""
        if not self._several:
            return
        caller = account_in(call.principal, self._account)
        for text in _texts(call.parameters):
            owner = self._owners.get(text) or self._owners.get(text.rsplit(":", 1)[-1])
            if owner is not None and owner != caller:
                raise _unseen(call, text)


def _names(application: Application) -> Iterator[str]:
    """What the application names as its own, where a name alone tells what is meant."""
    entries = (*application.traffic, *application.storage, *application.capacity, *application.consumers)
    for entry in (*entries, application.database):
        for key, named in entry.value.model_dump().items() if entry else ():
            if key in _TELLING:
                yield from named.values() if isinstance(named, dict) else (named,)
    yield from application.secrets
    yield from application.keys


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _unseen(call: Call, name: str) -> AwsError:
    """Where names are the account's own there is no such thing; where they are the world's, it is not yours."""
    if call.service not in _SHARED_NAMES:
        shapes = operation_model(call.service, call.operation).error_shapes
        missing = next((shape for shape in shapes if "NotFound" in shape.name), None)
        if missing is not None:
            told = missing.metadata.get("error", {})
            return AwsError(str(told.get("code") or missing.name), f"{name} not found", told.get("httpStatusCode", 400))
    action = f"{call.service}:{call.operation}"
    code, status = ("AccessDeniedException", 400) if "json" in call.protocol else ("AccessDenied", 403)
    return AwsError(code, f"User: {call.principal} is not authorized to perform: {action} on resource: {name}", status)
