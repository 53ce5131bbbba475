"""One AWS operation, all its pages, errors as ours; and which resources carry the tags that were asked for.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html: tags of different keys must
all be there; of one key, one of its values. Auto Scaling groups and Route 53 records are not among its resources.
"""

from collections.abc import Callable, Sequence
from typing import Any

from dr_core.aws.faults import aws_errors

ClientOf = Callable[[str, str], Any]  # boto3 makes its clients' methods at run time


def listed(
    client_of: ClientOf, service: str, region: str, operation: str, field: str, **parameters: object
) -> list[Any]:
    """The items in `field` of every page. Raises DrError."""
    with aws_errors(service, region, operation):
        client = client_of(service, region)
        method = _method(client, operation)
        if client.can_paginate(method):
            pages = client.get_paginator(method).paginate(**parameters)
            return [item for page in pages for item in page.get(field) or ()]
        return list(getattr(client, method)(**parameters).get(field) or ())


def asked(client_of: ClientOf, service: str, region: str, operation: str, **parameters: object) -> dict[str, Any]:
    """One answer. Raises DrError."""
    with aws_errors(service, region, operation):
        client = client_of(service, region)
        answer: dict[str, Any] = getattr(client, _method(client, operation))(**parameters)
        return answer


def _method(client: Any, operation: str) -> str:
    """What boto3 calls an operation of the API reference."""
    return str(next(name for name, known in client.meta.method_to_api_mapping.items() if known == operation))


def tagged(client_of: ClientOf, region: str, tags: Sequence[tuple[str, str]]) -> frozenset[str]:
    """The ARNs in `region` that carry the tags."""
    by_key: dict[str, list[str]] = {}
    for key, value in tags:
        by_key.setdefault(key, []).append(value)
    filters = [{"Key": key, "Values": values} for key, values in by_key.items()]
    found = listed(
        client_of, "resourcegroupstaggingapi", region, "GetResources", "ResourceTagMappingList", TagFilters=filters
    )
    return frozenset(str(item["ResourceARN"]) for item in found)


def carries(raw: Sequence[dict[str, Any]], tags: Sequence[tuple[str, str]]) -> bool:
    """Whether a resource with these tags (a list of Key and Value) would be among them."""
    has = {(str(tag.get("Key")), str(tag.get("Value"))) for tag in raw}
    return all(any((key, value) in has for k, value in tags if k == key) for key, _ in tags)
