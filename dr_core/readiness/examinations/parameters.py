"""Parameters and flags by name: which of them a region lacks. Values are not asked for; observation compares those.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from dr_core.errors import DrError
from dr_core.readiness.asking import pages
from dr_core.readiness.examination import ACROSS, About, Inquiry, Subject
from dr_core.readiness.model import Check

AREA = "parameters"
_SHOWN = 5


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    app = subject.application
    for path in dict.fromkeys([*app.parameters.paths, *filter(None, [app.parameters.flags])]):
        yield Inquiry(
            "parameters-unknown", AREA, path, ACROSS, "SSM DescribeParameters in each region",
            partial(everywhere, subject, path), partial(judge, subject.active),
        )  # fmt: skip


def everywhere(subject: Subject, path: str) -> dict[str, frozenset[str] | str]:
    """region -> names below the path; a text is why the region could not be asked."""
    told: dict[str, frozenset[str] | str] = {}
    for region in subject.application.regions:
        try:
            told[region] = names(subject, path, region)
        except DrError as error:
            told[region] = error.message
    return told


def names(subject: Subject, path: str, region: str) -> frozenset[str]:
    """Every name at or below the path, SecureStrings included; no value is read."""
    root = "/" + path.strip("/")
    wanted = [{"Key": "Name", "Option": "BeginsWith", "Values": [root]}]
    listed = pages(
        subject, "ssm", region, "DescribeParameters", token=("NextToken", "NextToken"), ParameterFilters=wanted,
        MaxResults=50,
    )  # fmt: skip
    found = (str(parameter["Name"]) for page in listed for parameter in page["Parameters"])
    return frozenset(name for name in found if name == root or name.startswith(f"{root}/"))


def judge(active: str, told: dict[str, frozenset[str] | str], about: About) -> Iterable[Check]:
    """A planned run copies what is missing; a forced one can only compare: hence a warning, not a block."""
    ours = told[active]
    for region, theirs in told.items():
        if region == active:
            continue
        there = About(about.area, about.subject, region, about.source, about.at)
        if isinstance(ours, str) or isinstance(theirs, str):
            why = ours if isinstance(ours, str) else theirs
            yield there.unknown("parameters-unknown", f"Parameters at {about.subject} could not be compared: {why}")
            continue
        missing = sorted(ours - theirs)
        if missing:
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            message = (
                f"{region} lacks {len(missing)} of the {len(ours)} parameters at {about.subject} that {active} has."
            )
            evidence = f"{', '.join(missing[:_SHOWN])}{more}"
            yield there.warning("missing:parameter", message, evidence=evidence, way_out="Copy them to the region.")
        elif not ours:
            message = f"There is no parameter at {about.subject} in {active}."
            yield there.warning("no-parameters", message, way_out="Correct parameters in dr.yaml.")
        else:
            yield there.ok("missing:parameter", f"{region} has all {len(ours)} parameters at {about.subject}.")
