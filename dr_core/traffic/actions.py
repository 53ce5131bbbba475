"""What IAM is told of a change of records, so that a policy can hold it to the records of one entry. Pure.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
"""

import re

from dr_core.topology.traffic import Route53Records
from dr_core.traffic.change_batch import mark_name

CHANGE = "route53:ChangeResourceRecordSets"
_VERBS = ("CREATE", "DELETE", "UPSERT")
_PLAIN = re.compile(r"[^a-z0-9_.-]")


def on_records(spec: Route53Records) -> tuple[tuple[str, str], ...]:
    """Condition keys with every value that a change may have: the records of the entry, and the mark beside them."""
    return (
        *((f"{CHANGE}NormalizedRecordNames", normalized(name)) for name in (spec.name, mark_name(spec))),
        *((f"{CHANGE}RecordTypes", kind) for kind in (spec.type, "TXT")),
        *((f"{CHANGE}Actions", verb) for verb in _VERBS),
    )


def normalized(name: str) -> str:
    """Lower case, without the last dot, and other characters than letters, digits, `-`, `_` and `.` as `\\ooo`."""
    return _PLAIN.sub(lambda found: f"\\{ord(found[0]):03o}", name.lower().rstrip("."))
