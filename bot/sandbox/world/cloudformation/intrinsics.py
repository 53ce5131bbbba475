"""Pure: CloudFormation's functions, resolved against what a stack knows.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bot.sandbox.world.cloudformation.template import Json, TemplateError

_DYNAMIC = re.compile(r"\{\{resolve:([a-z-]+):([^}]+)\}\}")
_SUBSTITUTED = re.compile(r"\$\{(!?)([^}]*)\}")
_NOTHING = object()


class Scope(Protocol):
    """What names stand for. Each raises TemplateError for a name that it does not know."""

    def ref(self, name: str) -> Any: ...

    def attribute(self, name: str, attribute: str) -> Any: ...

    def mapping(self, name: str, top: str, second: str) -> Any: ...

    def condition(self, name: str) -> bool: ...

    def imported(self, name: str) -> str: ...

    def zones(self, region: str) -> list[str]: ...

    def dynamic(self, service: str, reference: str) -> str: ...


class Resolver:
    """Resolves values; what `AWS::NoValue` stands for is left out."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._functions: Mapping[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find,
            "Fn::If": self._if,
            "Fn::ImportValue": lambda value: self._scope.imported(str(self.value(value))),
            "Fn::Base64": lambda value: base64.b64encode(str(self.value(value)).encode()).decode(),
            "Fn::GetAZs": lambda value: self._scope.zones(str(self.value(value))),
            "Fn::Equals": lambda value: _text(self.value(value[0])) == _text(self.value(value[1])),
            "Fn::Not": lambda value: not self._truth(value[0]),
            "Fn::And": lambda value: all(self._truth(one) for one in value),
            "Fn::Or": lambda value: any(self._truth(one) for one in value),
            "Fn::Contains": lambda value: _text(self.value(value[1])) in map(_text, self.value(value[0])),
            "Condition": self._named,
        }

    def value(self, value: Any) -> Any:
        """The value with everything in it resolved; None where it is AWS::NoValue itself."""
        found = self._value(value)
        return None if found is _NOTHING else found

    def condition(self, value: Any) -> bool:
        return self._truth(value)

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return _DYNAMIC.sub(lambda found: self._scope.dynamic(found[1], found[2]), value)
        if isinstance(value, list):
            return [found for inner in value if (found := self._value(inner)) is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, inner)] = value.items()
            if name in self._functions and (name != "Condition" or isinstance(inner, str)):
                found = self._functions[name](inner)
                return self._value(found) if isinstance(found, str) and _DYNAMIC.search(found) else found
            if name.startswith("Fn::"):
                raise TemplateError(f"This simulated CloudFormation does not know the function {name}")
        return {name: found for name, inner in value.items() if (found := self._value(inner)) is not _NOTHING}

    def _truth(self, value: Any) -> bool:
        found = self.value(value)
        if not isinstance(found, bool):
            raise TemplateError(f"Template validation error: {value} is no condition")
        return found

    def _named(self, name: str) -> bool:
        return self._scope.condition(name)

    def _ref(self, name: str) -> Any:
        return _NOTHING if name == "AWS::NoValue" else self._scope.ref(name)

    def _get_att(self, value: Any) -> Any:
        name, attribute = value.split(".", 1) if isinstance(value, str) else value
        return self._scope.attribute(name, str(self.value(attribute)))

    def _sub(self, value: Any) -> str:
        text, own = (value, {}) if isinstance(value, str) else value

        def put(found: re.Match[str]) -> str:
            name = found[2].strip()
            if found[1]:
                return f"${{{name}}}"
            if name in own:
                return _text(self.value(own[name]))
            head, _, attribute = name.partition(".")
            return _text(self._scope.attribute(head, attribute) if attribute else self._scope.ref(head))

        return _SUBSTITUTED.sub(put, text)

    def _join(self, value: Any) -> str:
        separator, parts = value
        return str(separator).join(_text(part) for part in self.value(parts))

    def _split(self, value: Any) -> list[str]:
        separator, text = value
        return _text(self.value(text)).split(str(separator))

    def _select(self, value: Any) -> Any:
        index, items = int(self.value(value[0])), self.value(value[1])
        if not 0 <= index < len(items):
            raise TemplateError(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
        return items[index]

    def _find(self, value: Any) -> Any:
        name, top, second = (str(self.value(one)) for one in value[:3])
        return self._scope.mapping(name, top, second)

    def _if(self, value: Any) -> Any:
        return self._value(value[1] if self._scope.condition(value[0]) else value[2])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def pseudo(name: str, *, account: str, region: str, stack_name: str, stack_id: str) -> Any:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html

    None where there is none such.
    """
    known: Json = {
        "AWS::AccountId": account,
        "AWS::Region": region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": stack_name,
        "AWS::StackId": stack_id,
        "AWS::NotificationARNs": [],
    }
    return known.get(name)
