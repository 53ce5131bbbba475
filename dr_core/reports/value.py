"""What results are made of: values that are also read from the library's own with fields of the same names."""

from pydantic import ConfigDict

from dr_core.value import Value


class Shown(Value):
    model_config = ConfigDict(populate_by_name=True, from_attributes=True)
