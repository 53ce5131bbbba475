"""From DNS answers to regions: by the values of the records, and nothing guessed."""

import pytest

from dr_core.observation.traffic import regions_of
from dr_core.verify.port import ResolverAnswer

TARGETS = {"ap-south-1": frozenset({"10.0.0.1", "lb.south.example"}), "ap-east-1": frozenset({"10.0.1.1"})}


def told(*values: str, server: str = "one") -> ResolverAnswer:
    return ResolverAnswer(server, values, 30)


SILENT = ResolverAnswer("two", None, None, "two gave no answer (timeout)")


@pytest.mark.parametrize(
    ("remark", "resolved", "expected", "words"),
    [
        ("one region", (told("10.0.0.1"),), ("ap-south-1",), ""),
        ("host names compare without case and dot", (told("LB.south.example."),), ("ap-south-1",), ""),
        ("resolvers that differ are both right for their users", (told("10.0.0.1"), told("10.0.1.1")),
         ("ap-east-1", "ap-south-1"), ""),
        ("one silent resolver is told", (told("10.0.1.1"), SILENT), ("ap-east-1",), "two gave no answer"),
        ("all silent is unknown", (SILENT,), None, "two gave no answer"),
        ("no resolver", (), None, "no resolver is configured"),
        ("no such name", (ResolverAnswer("one", (), None, "n does not exist"),), None, "n does not exist"),
        ("an address of no record", (told("192.0.2.9"),), None, "192.0.2.9, which is of no region's record"),
    ],
)  # fmt: skip
def test_answers_belong_to_the_regions_whose_records_hold_them(
    remark: str, resolved: tuple[ResolverAnswer, ...], expected: tuple[str, ...] | None, words: str
) -> None:
    regions, reason = regions_of(resolved, TARGETS)
    assert regions == expected, remark
    assert words in reason
