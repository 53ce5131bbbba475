"""What travels between rooms: frozen, and closed to fields that nobody declared."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
