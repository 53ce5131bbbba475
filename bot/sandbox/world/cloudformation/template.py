"""Pure: a template as CloudFormation reads it, with the values of its parameters and what depends on what."""

import graphlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Json = dict[str, Any]
_SUBSTITUTED = re.compile(r"\$\{([^!][^}]*)\}")
_LISTS = re.compile(r"^(CommaDelimitedList|List<.*>|AWS::SSM::Parameter::Value<List<.*>>)$")
STORED = "AWS::SSM::Parameter::Value<"


class TemplateError(Exception):
    """What is wrong with a template or with what it was given, in one sentence."""


@dataclass(frozen=True)
class Resource:
    """One entry of `Resources`, unresolved."""

    id: str
    type: str
    properties: Json
    needs: frozenset[str]
    condition: str | None = None
    deletion: str = "Delete"
    replacing: str = "Delete"
    metadata: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Template:
    text: str
    body: Json

    @property
    def resources(self) -> dict[str, Resource]:
        known = set(self.body["Resources"])
        return {name: _resource(name, entry, known) for name, entry in self.body["Resources"].items()}

    @property
    def parameters(self) -> dict[str, Json]:
        return dict(self.body.get("Parameters") or {})

    @property
    def outputs(self) -> dict[str, Json]:
        return dict(self.body.get("Outputs") or {})

    def ordered(self) -> list[Resource]:
        """What a resource needs comes before it."""
        resources = self.resources
        try:
            order = list(graphlib.TopologicalSorter({one.id: one.needs for one in resources.values()}).static_order())
        except graphlib.CycleError as error:
            raise TemplateError(f"Circular dependency between resources: {sorted(set(error.args[1]))}") from error
        return [resources[name] for name in order]


def read(text: str) -> Template:
    """JSON or YAML with long function names; TemplateError when it is no template."""
    try:
        body = json.loads(text) if text.lstrip().startswith("{") else YAML(typ="safe", pure=True).load(text)
    except (json.JSONDecodeError, YAMLError) as error:
        raise TemplateError(f"Template format error: {error}") from error
    if not isinstance(body, dict) or not isinstance(body.get("Resources"), dict) or not body["Resources"]:
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    template = Template(text, body)
    _check(template)
    template.ordered()
    return template


def values_of(template: Template, given: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """The parameters' texts: as given, else as they were, else the default."""
    unknown = set(given) - set(template.parameters)
    if unknown:
        raise TemplateError(f"Parameters: [{', '.join(sorted(unknown))}] do not exist in the template")
    values: dict[str, str] = {}
    for name, spec in template.parameters.items():
        value = given.get(name, before.get(name, spec.get("Default")))
        if value is None:
            raise TemplateError(f"Parameters: [{name}] must have values")
        allowed = [str(one) for one in spec.get("AllowedValues") or ()]
        if allowed and str(value) not in allowed:
            raise TemplateError(f"Parameter '{name}' must be one of AllowedValues")
        values[name] = str(value)
    return values


def is_list(spec: Json) -> bool:
    """Whether Ref gives a list for this parameter."""
    return bool(_LISTS.match(str(spec.get("Type"))))


def names_in(value: Any) -> Iterator[str]:
    """Every name that Ref, GetAtt and Sub mention."""
    if isinstance(value, list):
        for inner in value:
            yield from names_in(inner)
    elif isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            yield value["Ref"]
        if "Fn::GetAtt" in value:
            yield _attribute(value["Fn::GetAtt"])[0]
        if "Fn::Sub" in value:
            text = value["Fn::Sub"] if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"][0]
            yield from (found.partition(".")[0] for found in _SUBSTITUTED.findall(text))
        for inner in value.values():
            yield from names_in(inner)


def _attribute(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        name, _, attribute = value.partition(".")
        return name, attribute
    return str(value[0]), str(value[1]) if isinstance(value[1], str) else ""


def _resource(name: str, entry: Json, known: set[str]) -> Resource:
    listed = entry.get("DependsOn") or []
    depends = {listed} if isinstance(listed, str) else set(listed)
    properties = entry.get("Properties") or {}
    return Resource(
        name,
        entry["Type"],
        properties,
        frozenset((set(names_in(properties)) & known) | depends),
        entry.get("Condition"),
        entry.get("DeletionPolicy", "Delete"),
        entry.get("UpdateReplacePolicy", "Delete"),
        entry.get("Metadata") or {},
    )


def _check(template: Template) -> None:
    """What CloudFormation refuses before it does anything: names that nothing has."""
    there = {*template.body["Resources"], *template.parameters, *(template.body.get("Conditions") or {})}
    for name, entry in template.body["Resources"].items():
        if "Type" not in entry:
            raise TemplateError(
                f"Template format error: [/Resources/{name}] Every Resources object must contain a Type."
            )
    for name, resource in template.resources.items():
        missing = resource.needs - set(template.body["Resources"])
        unknown = (
            {one for one in names_in(resource.properties) if "::" not in one} - there - _local(resource.properties)
        )
        if missing or unknown:
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies {sorted(missing | unknown)} "
                f"in the Resources block of the template ({name})"
            )


def _local(value: Any) -> set[str]:
    """Names that a Sub brings along for itself."""
    if isinstance(value, list):
        return {name for inner in value for name in _local(inner)}
    if not isinstance(value, dict):
        return set()
    own = set(value["Fn::Sub"][1]) if isinstance(value.get("Fn::Sub"), list) else set()
    return own | {name for inner in value.values() for name in _local(inner)}
