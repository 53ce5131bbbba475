"""Pure: from a resource's properties to the parameters of an API call, by botocore's model of its input.

CloudFormation writes the same things in its own way: names begin with a capital, numbers may be texts, tags and
environments are lists, documents are objects, CloudFront's lists have no Quantity.
"""

import json
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from bot.sandbox.world.service_models import operation_model

_NAMES = (("Key", "Value"), ("Name", "Value"))


def parameters(service: str, operation: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Those of the properties that the operation takes, in its own names and types."""
    shape = operation_model(service, operation).input_shape
    found: dict[str, Any] = shaped(properties, shape) if shape is not None else {}
    return found


def shaped(value: Any, shape: Shape) -> Any:
    """The value as the shape wants it; what the shape has no member for is left out."""
    if isinstance(shape, StructureShape):
        return _structure(value, shape)
    if isinstance(shape, ListShape):
        return [shaped(one, shape.member) for one in (value if isinstance(value, list) else [value])]
    if isinstance(shape, MapShape):
        return {str(name): shaped(one, shape.value) for name, one in _pairs(value).items()}
    match shape.type_name:
        case "integer" | "long":
            return int(value)
        case "float" | "double":
            return float(value)
        case "boolean":
            return value is True or str(value).lower() == "true"
        case "blob":
            return value if isinstance(value, bytes) else str(value).encode()
        case "string":
            if isinstance(value, bool):
                return "true" if value else "false"
            return json.dumps(value) if isinstance(value, dict | list) else str(value)
    return value


def _structure(value: Any, shape: StructureShape) -> Any:
    members: dict[str, Shape] = shape.members
    if isinstance(value, list):
        if {"Quantity", "Items"} <= set(members):
            items = shaped(value, members["Items"])
            return {"Quantity": len(items), **({"Items": items} if items else {})}
        value = {}
    if not isinstance(value, dict):
        return value
    if {"TagKey", "TagValue"} == set(members) and "Key" in value:
        return {"TagKey": str(value["Key"]), "TagValue": str(value["Value"])}
    by_name = {name.lower(): name for name in members}
    return {
        by_name[name.lower()]: shaped(one, members[by_name[name.lower()]])
        for name, one in value.items()
        if name.lower() in by_name and one is not None
    }


def _pairs(value: Any) -> dict[str, Any]:
    """An object, or a list of names with their values."""
    if isinstance(value, dict):
        return value
    for name, content in _NAMES:
        if all(isinstance(one, dict) and name in one for one in value):
            return {one[name]: one.get(content) for one in value}
    return {}
