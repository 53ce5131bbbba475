"""Steps of the team's own, each with the segment of the plan that it follows."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from dr_core.topology.part import OneOf
from dr_core.topology.scalars import AppName, Duration, Text, Url
from dr_core.value import Value

Segment = Literal["prepare", "fence", "promote", "switch", "verify"]


class CustomStep(Value):
    name: AppName
    after: Segment = "promote"
    timeout: Duration = timedelta(minutes=5)


class CustomLambda(CustomStep):
    function: Text
    verify: Text | None = None
    undo: Text | None = None


class CustomSsmDocument(CustomStep):
    document: Text
    verify: Text | None = None
    undo: Text | None = None


class CustomWebhook(CustomStep):
    url: Url
    verify: Url | None = None
    undo: Url | None = None


class Custom(OneOf):
    lambda_: CustomLambda | None = Field(default=None, alias="lambda")
    ssm_document: CustomSsmDocument | None = None
    webhook: CustomWebhook | None = None
