"""What a resource type is: how one is made, changed and taken away by calls of the account's own services."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.sandbox.world.api import AwsError
from bot.sandbox.world.cloudformation.shaping import parameters
from bot.sandbox.world.cloudformation.stacks import Made
from bot.sandbox.world.cloudformation.template import Json
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seeding import Ask

_GONE = re.compile(r"NotFound|NoSuch|DoesNotExist|NonExistent|ResourceNotFound")
_FIELD = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True)
class Site:
    """Where a resource stands: its stack's region, and the name that it gets where the template gives none."""

    ground: Ground
    region: str
    stack: str
    logical: str
    call: Callable[[str, str], Ask]

    @property
    def account(self) -> str:
        return self.ground.account

    def ask(self, service: str, operation: str, /, **given: Any) -> Json:
        return self.call(service, self.region)(operation, **given)

    def name(self, most: int = 63) -> str:
        """Always the same for the same resource of the same stack."""
        digest = hashlib.sha256(f"{self.region}/{self.stack}/{self.logical}".encode()).hexdigest()[:12]
        return f"{self.stack[: (most - 14) // 2]}-{self.logical[: (most - 14) // 2]}-{digest}"


class Kind(Protocol):
    """One type. `fixed`: the properties that cannot be changed, so that another resource takes its place."""

    @property
    def fixed(self) -> frozenset[str]: ...

    def create(self, site: Site, properties: Json) -> Made: ...

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made: ...

    def delete(self, site: Site, made: Made, properties: Json) -> None: ...


@dataclass(frozen=True)
class Plain:
    """A type that one API call makes.

    `id` and `attributes` are paths into the answer (`Vpc.VpcId`), or texts with fields: `{region}`, `{account}`, the
    parameters' names, and for attributes `{id}` and `{tail}`, the end of an ARN. `change`: the call that changes it;
    `again`: making it once more changes it. `drop`: the call that takes it away. `by`: what the last two are told of
    it, texts with `{id}`, an attribute or a property. `named`: the property that gets a name where there is none.
    `defaults`: parameters of which CloudFormation says nothing. `then`: by property, the call that says it afterwards.
    `tagged`: what EC2 calls it where it is tagged.
    """

    service: str
    make: str
    id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    drop: str = ""
    by: Mapping[str, str] = field(default_factory=dict)
    change: str = ""
    again: bool = False
    named: str = ""
    longest: int = 63
    fixed: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    then: Mapping[str, str] = field(default_factory=dict)
    tagged: str = ""

    def create(self, site: Site, properties: Json) -> Made:
        asked = self.parameters(site, self.make, properties)
        made = self._made(site, asked, site.ask(self.service, self.make, **asked))
        self._say(site, made, properties, [name for name in self.then if properties.get(name)])
        return made

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        if self.again:
            return self.create(site, after)
        names = changed(before, after)
        self._say(site, made, after, [name for name in names if name in self.then])
        if set(names) <= set(self.then):
            return made
        if not self.change:
            told = ", ".join(names)
            raise AwsError("UnsupportedUpdate", f"This simulated CloudFormation cannot change {told} of what stands")
        asked = {**self.parameters(site, self.change, after), **self._by(site, made, after)}
        site.ask(self.service, self.change, **asked)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        if self.drop:
            gone = parameters(self.service, self.drop, self._by(site, made, properties))
            with_absent_fine(lambda: site.ask(self.service, self.drop, **gone))

    def parameters(self, site: Site, operation: str, properties: Json) -> Json:
        """The properties as the operation takes them."""
        given = {self.renamed.get(name, name): value for name, value in properties.items()}
        if self.named and not given.get(self.named):
            given[self.named] = site.name(self.longest)
        found = {**self.defaults, **parameters(self.service, operation, given)}
        if self.tagged and operation == self.make and properties.get("Tags"):
            found["TagSpecifications"] = [{"ResourceType": self.tagged, "Tags": properties["Tags"]}]
        return found

    def _made(self, site: Site, asked: Json, answer: Json) -> Made:
        known = {"region": site.region, "account": site.account, **flat(asked), **flat(answer)}
        identifier = filled(self.id, known)
        known |= {"id": identifier, "tail": str(identifier).rpartition(":")[2].removeprefix("loadbalancer/")}
        return Made(str(identifier), {name: filled(path, known) for name, path in self.attributes.items()})

    def _say(self, site: Site, made: Made, properties: Json, names: list[str]) -> None:
        for name in names:
            operation = self.then[name]
            asked = {**self.parameters(site, operation, properties), **self._by(site, made, properties)}
            site.ask(self.service, operation, **asked)

    def _by(self, site: Site, made: Made, properties: Json) -> Json:
        known = {**flat(properties), **flat(made.attributes)}
        known |= {"id": made.id, "region": site.region, "account": site.account}
        return {name: filled(path, known) for name, path in self.by.items()}


@dataclass(frozen=True)
class Kept:
    """A type without a counterpart here and without an effect on anything that the bot sees: it is only kept.

    `attributes`: what GetAtt gives, as texts with fields; `named`: the property that is its name.
    """

    why: str
    named: str = ""
    id: str = "{name}"
    attributes: Mapping[str, str] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()

    def create(self, site: Site, properties: Json) -> Made:
        name = str(properties.get(self.named) or site.name())
        known = {"name": name, "region": site.region, "account": site.account}
        known["id"] = filled(self.id, known)
        return Made(known["id"], {key: filled(text, known) for key, text in self.attributes.items()})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        """There is nothing."""


def changed(before: Json, after: Json) -> list[str]:
    """The names of the properties that differ."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def with_absent_fine(drop: Callable[[], object]) -> None:
    """What is gone already needs no deleting."""
    try:
        drop()
    except AwsError as error:
        if not _GONE.search(error.code):
            raise


def flat(value: Any, prefix: str = "") -> Json:
    """Every value by its path: `Vpc.VpcId`, of a list its first, `Things.0.Id`."""
    found: Json = {prefix: value} if prefix else {}
    if isinstance(value, Mapping):
        for name, inner in value.items():
            found |= flat(inner, f"{prefix}.{name}" if prefix else str(name))
    elif isinstance(value, list) and value:
        found |= flat(value[0], f"{prefix}.0")
    return found


def filled(text: str, known: Mapping[str, Any]) -> Any:
    """A path's value, or a text with its fields put in."""
    if "{" not in text:
        return known.get(text, "")
    return _FIELD.sub(lambda found: str(known.get(found[1], "")), text)
