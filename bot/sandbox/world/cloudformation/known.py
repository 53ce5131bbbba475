"""What the names in a template stand for in one stack: parameters, resources, mappings, exports, stored values."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.world.api import AwsError
from bot.sandbox.world.cloudformation.intrinsics import Resolver, pseudo
from bot.sandbox.world.cloudformation.stacks import Held, Stack
from bot.sandbox.world.cloudformation.template import STORED, Template, TemplateError, is_list
from bot.sandbox.world.seeding import Ask

LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"


class Known:
    """Of one stack and one template, for one run. `later`: unknown resources stand for "known after apply"."""

    def __init__(
        self,
        stack: Stack,
        template: Template,
        parameters: Mapping[str, str],
        *,
        account: str,
        call: Callable[[str, str], Ask],
        exports: Mapping[str, str],
        later: bool = False,
    ) -> None:
        self._stack = stack
        self._template = template
        self._given = parameters
        self._account = account
        self._call = call
        self._exports = exports
        self._later = later
        self._values: dict[str, Any] = {}
        self._truths: dict[str, bool] = {}
        self.resolver = Resolver(self)

    def check_rules(self) -> None:
        """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html"""
        for rule in (self._template.body.get("Rules") or {}).values():
            if "RuleCondition" in rule and not self.resolver.condition(rule["RuleCondition"]):
                continue
            for one in rule.get("Assertions", []):
                if not self.resolver.condition(one["Assert"]):
                    raise TemplateError(f"Template validation error: {one.get('AssertDescription', 'Rule failed')}")

    def stands(self, condition: str | None) -> bool:
        """Whether what has this condition exists at all."""
        return condition is None or self.condition(condition)

    # -- the names ---------------------------------------------------------------------------------------------------

    def ref(self, name: str) -> Any:
        if name.startswith("AWS::"):
            found = pseudo(
                name,
                account=self._account,
                region=self._stack.region,
                stack_name=self._stack.name,
                stack_id=self._stack.id,
            )
            if found is None:
                raise TemplateError(f"Template error: there is no {name}")
            return found
        if name in self._template.parameters:
            return self._parameter(name)
        held = self._held(name)
        return LATER if held is None else held.made.id

    def attribute(self, name: str, attribute: str) -> Any:
        held = self._held(name)
        if held is None:
            return LATER
        if attribute not in held.made.attributes:
            raise TemplateError(f"Template error: resource {name} ({held.type}) does not support attribute {attribute}")
        return held.made.attributes[attribute]

    def mapping(self, name: str, top: str, second: str) -> Any:
        try:
            return self._template.body["Mappings"][name][top][second]
        except KeyError:
            raise TemplateError(f"Template error: Unable to get mapping for {name}::{top}::{second}") from None

    def condition(self, name: str) -> bool:
        if name not in self._truths:
            conditions = self._template.body.get("Conditions") or {}
            if name not in conditions:
                raise TemplateError(f"Template error: there is no condition {name}")
            self._truths[name] = self.resolver.condition(conditions[name])
        return self._truths[name]

    def imported(self, name: str) -> str:
        if name not in self._exports:
            raise TemplateError(f"No export named {name} found.")
        return self._exports[name]

    def zones(self, region: str) -> list[str]:
        region = region or self._stack.region
        return [f"{region}{letter}" for letter in "abc"]

    def dynamic(self, service: str, reference: str) -> str:
        """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html"""
        try:
            if service == "secretsmanager":
                return self._secret(reference)
            if service == "ssm":
                return self._stored(reference.partition(":")[0])
        except AwsError as error:
            raise TemplateError(f"Could not resolve {service}:{reference}: {error.message}") from error
        raise TemplateError(f"This simulated CloudFormation does not resolve {service} references")

    # -- inside ------------------------------------------------------------------------------------------------------

    def _parameter(self, name: str) -> Any:
        if name not in self._values:
            spec, text = self._template.parameters[name], self._given[name]
            value = self._stored(text) if str(spec.get("Type")).startswith(STORED) else text
            self._values[name] = [one.strip() for one in value.split(",") if one.strip()] if is_list(spec) else value
        return self._values[name]

    def _held(self, name: str) -> Held | None:
        held = self._stack.resources.get(name)
        if held is None and not self._later:
            raise TemplateError(f"Template error: resource {name} does not exist in this stack")
        return held

    def _stored(self, name: str) -> str:
        try:
            answer = self._call("ssm", self._stack.region)("GetParameter", Name=name, WithDecryption=True)
        except AwsError as error:
            raise TemplateError(
                f"Unable to fetch parameters [{name}] from parameter store for this account."
            ) from error
        return str(answer["Parameter"]["Value"])

    def _secret(self, reference: str) -> str:
        """`NAME:SecretString:KEY:STAGE:VERSION`, where the name may be an ARN."""
        head, _, rest = reference.partition(":SecretString")
        secret = self._call("secretsmanager", self._stack.region)("GetSecretValue", SecretId=head)
        key = rest.lstrip(":").partition(":")[0]
        return str(json.loads(secret["SecretString"])[key] if key else secret["SecretString"])
