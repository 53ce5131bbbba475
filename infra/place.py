"""Where a stack stands: in which region, for which application or for the house; and what every stack has in common."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeVar

import aws_cdk as cdk
from constructs import Construct

from dr_core.topology.model import Application
from infra.config import Config
from infra.notes import COMES_FROM, LEFT_TO_PEOPLE, ONCE_STAND, REGION, WRITES


class Level(StrEnum):
    """HOUSE and APPLICATION: one stack in each region. The other two: one in all, in the region of `one_region`."""

    HOUSE = "house"
    APPLICATION = "application"
    HOUSE_ONCE = "house once"
    APPLICATION_ONCE = "application once"


S = TypeVar("S", bound="Part")


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
        """Whether the application is to run here: how much of it stands, and where records lead."""
        return self.region == self.app.primary

    @property
    def home(self) -> str:
        """The region that owns keys, secrets and stores, which need not be where the application runs by now."""
        assert self.application is not None, "a stack of the house has no home of its own"
        return self.config.home(self.application)

    @property
    def is_home(self) -> bool:
        return self.region == self.home

    @property
    def copies(self) -> tuple[str, ...]:
        """The application's regions but its home."""
        assert self.application is not None
        return self.config.copies(self.application)

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

    def same_region(self, kind: type[S], application: str) -> S:
        """The stack of another application in this region that was built before."""
        found = self.everywhere[application, kind.concern, self.region]
        assert isinstance(found, kind), kind
        return found


def stack_name(owner: str, concern: str, region: str) -> str:
    """What a stack is called: of the application or house, in the region."""
    return f"{owner}-{concern}-{region}"


class Part(cdk.Stack):
    """A stack of one concern at one place. `wanted` says whether there is anything to build; `one_region` is for those
    that stand once.
    """

    concern: ClassVar[str]
    level: ClassVar[Level]

    def __init__(self, scope: Construct, place: Place) -> None:
        name = stack_name(place.owner, self.concern, place.region)
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

    def once_stand(self, name: str, places: Iterable[tuple[str, str]]) -> cdk.CfnCondition:
        """What can only be made when stacks of other regions stand, which may in turn wait for this one: a condition.

        `places`: (stack, region) of each. `dr deploy apply` says `yes` as soon as all of them stand, in a second pass
        over the stacks that had to do without: there is no other way to two things that need each other.
        """
        stacks = [{"stack": stack, "region": region} for stack, region in places]
        parameter = cdk.CfnParameter(
            self, f"{name}Stand", type="String", default="no", allowed_values=["yes", "no"],
            description=f"yes once these stand: {', '.join(one['stack'] for one in stacks)}",
        )  # fmt: skip
        self._note(ONCE_STAND, f"{name}Stand", stacks)
        return cdk.CfnCondition(self, name, expression=cdk.Fn.condition_equals(parameter.value_as_string, "yes"))

    def once_made(self, name: str, resource: str) -> cdk.CfnCondition:
        """True once the resource, by its logical id, stands in this very stack: for what is given it but once."""
        parameter = cdk.CfnParameter(
            self, f"{name}Stands", type="String", default="no", allowed_values=["yes", "no"],
            description=f"yes once {resource} stands",
        )  # fmt: skip
        self._note(
            ONCE_STAND, f"{name}Stands", [{"stack": self.stack_name, "region": self.region, "resource": resource}]
        )
        return cdk.CfnCondition(self, name, expression=cdk.Fn.condition_equals(parameter.value_as_string, "yes"))

    def left_to_people(self, path: str, why: str) -> None:
        """Tells of what `dr.yaml` declares and no stack makes: `dr deploy plan` says it, so that nobody misses it."""
        self._note(LEFT_TO_PEOPLE, path, why)

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
