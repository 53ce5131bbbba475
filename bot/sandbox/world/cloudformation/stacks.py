"""What CloudFormation keeps: stacks with their resources and events, and the change sets that wait for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.sandbox.world.cloudformation.template import Json, Template

Tags = list[dict[str, str]]


@dataclass(frozen=True)
class Made:
    """A resource that exists: `id` is what Ref gives, `attributes` what GetAtt gives."""

    id: str
    attributes: Json = field(default_factory=dict)


@dataclass
class Held:
    """A resource of a stack, as it was last made or changed."""

    logical: str
    type: str
    made: Made
    properties: Json
    deletion: str
    status: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Event:
    id: str
    at: datetime
    logical: str
    physical: str
    type: str
    status: str
    reason: str


@dataclass
class Stack:
    """One stack of one region. `outputs`: name to value; `exports`: exported name to value."""

    id: str
    name: str
    region: str
    created: datetime
    status: str
    template: Template | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    tags: Tags = field(default_factory=list)
    capabilities: list[str] = field(default_factory=list)
    resources: dict[str, Held] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    updated: datetime | None = None
    deleted: datetime | None = None
    reason: str = ""
    protected: bool = False
    keep_on_failure: bool = False

    @property
    def there(self) -> bool:
        return self.status != "DELETE_COMPLETE"

    @property
    def busy(self) -> bool:
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


@dataclass(frozen=True)
class Change:
    """One resource of a change set. `action`: Add, Modify, Remove.

    `properties`: of those that change, whether they come anew, are changed or go, as AttributeChangeType says it.
    """

    action: str
    logical: str
    type: str
    physical: str = ""
    replaces: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass
class ChangeSet:
    id: str
    name: str
    stack: Stack
    kind: str
    template: Template
    parameters: dict[str, str]
    tags: Tags
    capabilities: list[str]
    changes: tuple[Change, ...]
    created: datetime
    status: str = "CREATE_COMPLETE"
    execution: str = "AVAILABLE"
    reason: str = ""
    keep_on_failure: bool = False
    description: str = ""
