"""docs/fencing.md says of every step kind what a late duplicate does; the rows are played in tests/contract."""

from dr_core.plan.ports import Ports
from dr_core.plan.steps import make_catalogue
from tests.shape.fencing import rows


def test_every_step_kind_has_its_row_and_no_row_is_of_the_past():
    nothing = Ports(None, None, None, None, None, None, None)  # type: ignore[arg-type]
    assert list(rows()) == list(make_catalogue(nothing))


def test_every_row_says_what_a_late_duplicate_does():
    for kind, row in rows().items():
        assert row["late duplicate"].split(":")[0] in ("refused", "same again", "nothing"), kind
        assert row["condition"], kind
