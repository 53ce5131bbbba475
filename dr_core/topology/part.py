"""What every value of `dr.yaml` is made of: a frozen, closed part, and the list entry whose only key names its kind."""

from typing import Any, Self

from pydantic import model_validator

from dr_core.value import Value


class OneOf(Value):
    """A list entry with exactly one key, which names its kind: `- http: {...}`."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"expected exactly one of: {', '.join(map(self._key, type(self).model_fields))}")
        if self.value is None:
            raise ValueError(f"expected something under {self.kind}")
        return self

    @classmethod
    def _key(cls, field: str) -> str:
        """The key in the file; it differs from the field's name where that would be a word of Python (`lambda`)."""
        return cls.model_fields[field].alias or field

    @property
    def kind(self) -> str:
        """The key that was given, such as `http`."""
        return self._key(next(iter(self.model_fields_set)))

    @property
    def value(self) -> Any:
        """What stands under that key."""
        return getattr(self, next(iter(self.model_fields_set)))
