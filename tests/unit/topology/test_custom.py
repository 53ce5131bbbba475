"""The keys of custom steps."""

import pytest
from pydantic import ValidationError

from dr_core.topology.custom import Custom


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"webhook": {"name": "a", "url": "http://h.example.com/x"}}, "https"),
        ({"webhook": {"name": "a", "url": "https://h.example.com/x", "verify": "http://h.example.com/y"}}, "https"),
        ({"ssm_document": {"name": "a", "document": "D", "parameters": {"To": "{place}"}}}, "got {place}"),
        ({"lambda": {"name": "a", "function": "f", "timeout": "0s"}}, "longer than nothing"),
        ({"lambda": {"name": "a", "function": "f", "after": "settle"}}, "verify"),
        ({"lambda": {"name": "a", "function": "f", "region": "eu-west-1"}}, "source"),
        ({"plugin": {"name": "a"}}, "kind"),
    ],
)
def test_what_cannot_be_meant_is_refused(entry, said):
    with pytest.raises(ValidationError, match=said):
        Custom.model_validate(entry)


@pytest.mark.parametrize(
    ("after", "required", "needed"),
    [("prepare", None, True), ("prepare", False, False), ("promote", None, False), ("promote", True, True)],
)
def test_a_run_needs_what_comes_before_the_gates_unless_it_is_said_otherwise(after, required, needed):
    given = {"name": "a", "function": "f", "after": after, "required": required}
    assert Custom.model_validate({"lambda": given}).value.needed is needed
