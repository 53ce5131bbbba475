"""What travels between rooms: frozen, and closed to fields that nobody declared."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shown(Value):
    """What results are made of: also read from the library's own values with fields of the same names."""

    model_config = ConfigDict(populate_by_name=True, from_attributes=True)
