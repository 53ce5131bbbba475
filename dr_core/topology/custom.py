"""Steps of the team's own, each with the segment of the plan that it follows."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue

from dr_core.topology.part import OneOf
from dr_core.topology.scalars import AppName, PositiveDuration, Text, Url
from dr_core.value import Value

Segment = Literal["prepare", "fence", "promote", "switch", "verify"]
Place = Literal["target", "source"]
WORDS = ("application", "source", "target", "mode", "verb", "run", "step", "token")
"""What a document's parameters may name in braces."""
_NAMED = re.compile(r"\{([^{}]*)\}")


def _https(value: str) -> str:
    if not value.startswith("https://"):
        raise ValueError("expected an https address: what is sent must not be read or changed on its way")
    return value


def _known_words(value: str) -> str:
    unknown = [word for word in _NAMED.findall(value) if word not in WORDS]
    if unknown:
        raise ValueError(f"expected words of {', '.join(f'{{{word}}}' for word in WORDS)}, got {{{unknown[0]}}}")
    return value


SecureUrl = Annotated[Url, AfterValidator(_https)]
Template = Annotated[Text, AfterValidator(_known_words)]


class CustomStep(Value):
    """`region` is where it is called, a side of the move. `required` None: only before something is taken away."""

    name: AppName
    after: Segment = "promote"
    timeout: PositiveDuration = timedelta(minutes=5)
    region: Place = "target"
    required: bool | None = None

    @property
    def needed(self) -> bool:
        """Whether a run does without it no further; by itself, one that runs before the gates."""
        return self.after == "prepare" if self.required is None else self.required


class CustomLambda(CustomStep):
    function: Text
    verify: Text | None = None
    undo: Text | None = None


class CustomSsmDocument(CustomStep):
    """`parameters`: the document's, each a text that may hold words such as `{target}`."""

    document: Text
    verify: Text | None = None
    undo: Text | None = None
    parameters: dict[Text, Template] = Field({})


class CustomWebhook(CustomStep):
    """`secret`: the name of a secret in Secrets Manager whose value signs; None: DR_WEBHOOK_KEY does."""

    url: SecureUrl
    verify: SecureUrl | None = None
    undo: SecureUrl | None = None
    secret: Text | None = None


class CustomPlugin(CustomStep):
    """`kind` is the name of an entry point of the group `dr.steps`; `params` are its own."""

    kind: Text
    params: dict[str, JsonValue] = Field({})


class Custom(OneOf):
    lambda_: CustomLambda | None = Field(default=None, alias="lambda")
    ssm_document: CustomSsmDocument | None = None
    webhook: CustomWebhook | None = None
    plugin: CustomPlugin | None = None
