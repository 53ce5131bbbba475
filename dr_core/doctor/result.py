"""What the doctor found, `dr.doctor/1`: each check with its state, and the way out where it is not ok."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from dr_core.value import Shown


class CheckState(StrEnum):
    """Unknown is a check that could not be carried out; it never counts as ok."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Check(Shown):
    """One thing looked at. `way_out` is empty when it is ok."""

    name: str
    state: CheckState
    detail: str
    way_out: str = ""


class DoctorReport(Shown):
    """`ok` is true when no check failed; warnings and unknowns are listed and do not fail it."""

    schema_: Literal["dr.doctor/1"] = Field(default="dr.doctor/1", alias="schema")
    at: datetime
    ok: bool
    checks: tuple[Check, ...]
