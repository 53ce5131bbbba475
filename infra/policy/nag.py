"""What cdk-nag's rules of AWS Solutions say of the templates, and which of its findings are not accepted.

`python -m infra --examined` writes the findings beside the templates; a test holds that every one is accepted here, and
that everything which is accepted here is still found.
"""

import fnmatch
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPORT = "validation-report.json"


@dataclass(frozen=True)
class Finding:
    """`rule` without the name of the pack, and in brackets what of the construct it is, where the rule says that."""

    rule: str
    construct: str


@dataclass(frozen=True)
class Accepted:
    """`where`: the path of the construct as fnmatch reads it, which begins with the stack: OWNER-CONCERN-REGION/..."""

    rule: str
    where: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        rule, _, _ = finding.rule.partition("[")
        return rule == self.rule and fnmatch.fnmatchcase(finding.construct, self.where)


def examine(app: Any) -> None:
    """Has every construct looked at when the app is synthesized. Nothing is acknowledged to CDK: the test decides."""
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def findings(folder: Path) -> Iterator[Finding]:
    """Everything that was found when these templates were made."""
    report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    for plugin in report["pluginReports"]:
        for violation in plugin["violations"]:
            for construct in violation["violatingConstructs"]:
                yield Finding(violation["ruleName"].removeprefix("AwsSolutions-"), construct["constructPath"])


def not_accepted(found: Iterable[Finding], accepted: Iterable[Accepted]) -> list[Finding]:
    return [one for one in found if not any(entry.covers(one) for entry in accepted)]


def not_found(found: Iterable[Finding], accepted: Iterable[Accepted]) -> list[Accepted]:
    known = list(found)
    return [entry for entry in accepted if not any(entry.covers(one) for one in known)]
