"""Where a stack stands: in which region, for which application or for the house; and what every stack has in common."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeVar

import aws_cdk as cdk
from constructs import Construct

from dr_core.topology.model import Application
from infra.config import Config


class Level(StrEnum):
    """HOUSE and APPLICATION: one stack in each region. The other two: one in all, in the region of `one_region`."""

    HOUSE = "house"
    APPLICATION = "application"
    HOUSE_ONCE = "house once"
    APPLICATION_ONCE = "application once"


S = TypeVar("S", bound="Part")
REGION = "dr:region"
COMES_FROM = "dr:comes-from"
"""In a template's Metadata: by parameter, the stack and the output that it is filled in from."""
WRITES = "dr:writes"
"""In a template's Metadata: by path in `dr.yaml`, the output whose value belongs there."""


@dataclass(frozen=True)
class Place:
    """`built`: the stacks of the house and of this application that stand in this region already, by their concern.

    `everywhere`: all that were built before, by (application or None for the house, concern, region).
    """

    config: Config
    region: str
    application: str | None
    built: Mapping[str, "Part"]
    everywhere: Mapping[tuple[str | None, str, str], "Part"]

    @property
    def owner(self) -> str:
        """Whose name the stack's resources begin with."""
        return self.application or self.config.deployment.name

    @property
    def app(self) -> Application:
        """The application of the topology; only where the stack belongs to one."""
        assert self.application is not None, "a stack of the house has no application"
        return self.config.applications[self.application]

    @property
    def is_primary(self) -> bool:
        return self.region == self.app.primary

    def stack(self, kind: type[S]) -> S:
        """The stack of the same region that was built before."""
        found = self.built[kind.concern]
        assert isinstance(found, kind), kind
        return found

    def elsewhere(self, kind: type[S], region: str) -> S:
        """The stack of another region that was built before: of the same application, or else of the house."""
        found = (
            self.everywhere.get((self.application, kind.concern, region)) or self.everywhere[None, kind.concern, region]
        )
        assert isinstance(found, kind), kind
        return found


class Part(cdk.Stack):
    """A stack of one concern at one place. `wanted` says whether there is anything to build; `one_region` is for those
    that stand once.
    """

    concern: ClassVar[str]
    level: ClassVar[Level]

    def __init__(self, scope: Construct, place: Place) -> None:
        name = f"{place.owner}-{self.concern}-{place.region}"
        account = place.config.deployment.account
        super().__init__(
            scope, name, stack_name=name, env=cdk.Environment(account=account, region=place.region),
            description=(type(self).__doc__ or "").partition("\n")[0],
        )  # fmt: skip
        self.place = place
        self.template_options.metadata = {REGION: place.region}
        cdk.Tags.of(self).add("dr:owner", place.config.deployment.name)
        cdk.Tags.of(self).add("dr:application", place.owner)
        self.build()

    @abstractmethod
    def build(self) -> None:
        """Adds the resources."""

    def output_of(self, name: str, stack: "Part", output: str) -> str:
        """What another stack, of whichever region, has put out when it was deployed: comes in as a parameter.

        A template that refers to another region's stack would tie the two; `dr deploy apply` fills the parameter in.
        """
        parameter = cdk.CfnParameter(self, name, type="String", description=f"{output} of {stack.stack_name}")
        self.add_stack_dependency(stack)
        self._note(COMES_FROM, name, {"stack": stack.stack_name, "region": stack.region, "output": output})
        return str(parameter.value_as_string)

    def writes(self, path: str, output: str, value: str) -> None:
        """Puts out an id that AWS assigns, for the place in `dr.yaml` where `dr deploy sync` writes it."""
        cdk.CfnOutput(self, output, value=value, description=path)
        self._note(WRITES, path, output)

    def _note(self, key: str, name: str, value: object) -> None:
        noted = dict(self.template_options.metadata or {})
        noted[key] = {**noted.get(key, {}), name: value}
        self.template_options.metadata = noted

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return True

    @classmethod
    def one_region(cls, config: Config) -> str:
        """Where a stack that stands once is deployed: not where the applications live, as far as there is a choice."""
        return config.topology.control_region
