"""Traffic by hand: the AWS CLI's words for records and for the take-over object. Pure.

The change of records is made by a query over the records as they are when it is typed, so that it cannot be stale; one
batch deletes and creates, which Route 53 does as a whole or not at all.
https://docs.aws.amazon.com/cli/latest/reference/route53/change-resource-record-sets.html
https://docs.aws.amazon.com/cli/latest/reference/s3api/put-object.html and delete-object.html
"""

import shlex
from collections.abc import Mapping

from dr_core.aws.cli import Raw, answer, asked, aws, text
from dr_core.topology.traffic import Route53Records, StandbyTakesOver

HOME = "us-east-1"
"""Route 53 needs no region; a shell without a default one does, as soon as an endpoint is set."""
_FILE = "dr-batch.json"
_ONE_PAGE = "--no-paginate"
"""As text the CLI answers a query once a page, so that a condition over two pages would never come true:
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-filter.html. What is looked for is on the first one."""


def batch(spec: Route53Records, target: str) -> str:
    """Writes the change that sends everybody to `target` into a file: weights, or the roles of failover records."""
    chosen = f"SetIdentifier=={text(spec.set_identifiers[target])}"
    role = f'{{Failover: ({chosen} && `"PRIMARY"` || `"SECONDARY"`)}}'
    weight = f"{{Weight: ({chosen} && `100` || `0`)}}"
    changed = f"merge(@, (Failover && {role} || {weight}))"
    query = (
        f'{_sets(spec)} | {{Comment: `"by hand"`, Changes: ['
        f'[].{{Action: `"DELETE"`, ResourceRecordSet: @}}, '
        f'[].{{Action: `"CREATE"`, ResourceRecordSet: {changed}}}][]}}'
    )
    return f"{_list(spec, query, 'json')} > {_FILE} && cat {_FILE}"


def weights(spec: Route53Records, wanted: Mapping[str, int]) -> str:
    """Writes the change that gives the named regions these weights into a file."""
    rows = ", ".join(
        f"[?SetIdentifier=={text(spec.set_identifiers[region])}].merge(@, {{Weight: `{weight}`}})"
        for region, weight in wanted.items()
    )
    query = (
        f'{_sets(spec)} | {{Comment: `"by hand"`, Changes: [{rows}][].{{Action: `"UPSERT"`, ResourceRecordSet: @}}}}'
    )
    return f"{_list(spec, query, 'json')} > {_FILE} && cat {_FILE}"


def change(spec: Route53Records) -> str:
    """Asks for the change in the file and keeps its id in `$change`."""
    words = ("--hosted-zone-id", spec.hosted_zone, "--change-batch", f"file://{_FILE}", *asked("ChangeInfo.Id"))
    return f'change={answer(aws("route53", "change-resource-record-sets", *words, region=HOME))}; echo "$change"'


def propagated() -> str:
    """Prints PENDING, then INSYNC."""
    return aws("route53", "get-change", "--id", Raw('"$change"'), *asked("ChangeInfo.Status"), region=HOME)


def shown(spec: Route53Records) -> str:
    query = f"{_sets(spec)} | [].[SetIdentifier, Weight, Failover, AliasTarget.DNSName, ResourceRecords[0].Value]"
    return _list(spec, query, "text")


def zone_answer(spec: Route53Records) -> str:
    words = ("--hosted-zone-id", spec.hosted_zone, "--record-name", spec.name, "--record-type", spec.type)
    return aws("route53", "test-dns-answer", *words, *asked("RecordData"), region=HOME)


def expected(spec: Route53Records, target: str) -> tuple[str, ...]:
    """Keep in `$wanted` what DNS must answer: the values of the target's record, or what its alias stands for."""
    own = f"{_sets(spec)} | [?SetIdentifier=={text(spec.set_identifiers[target])}] | [0]"
    alias = _list(spec, f"{own}.AliasTarget.DNSName", "text")
    values = _list(spec, f"{own}.ResourceRecords[].Value", "text")
    return (
        f"alias={answer(alias)}",
        f'if [ "$alias" = None ]; then wanted={answer(values)}; else wanted="$(dig +short "$alias" {spec.type})"; fi',
        'echo "$wanted"',
    )


def asked_of_dns(spec: Route53Records) -> str:
    return f"dig +short {shlex.quote(spec.name)} {spec.type}"


def answered(spec: Route53Records) -> str:
    """The condition that DNS answers `$wanted` and nothing else, whatever the order and the last dots."""
    sorted_ = "| xargs -n 1 | sed 's/[.]$//' | sort | xargs"
    return f'[ "$({asked_of_dns(spec)} {sorted_})" = "$(echo $wanted {sorted_})" ]'


def put_object(spec: StandbyTakesOver, region: str) -> str:
    return aws("s3api", "put-object", "--bucket", spec.bucket[region], "--key", spec.key, region=region)


def delete_object(spec: StandbyTakesOver, region: str, *more: str) -> str:
    return aws("s3api", "delete-object", "--bucket", spec.bucket[region], "--key", spec.key, *more, region=region)


def count_objects(spec: StandbyTakesOver, region: str) -> str:
    """Prints how many objects have exactly that key: 0 or 1. Listed: a missing bucket is an error."""
    query = f"length(Contents[?Key=={text(spec.key)}] || `[]`)"
    words = ("--bucket", spec.bucket[region], "--prefix", spec.key, _ONE_PAGE, *asked(query))
    return aws("s3api", "list-objects-v2", *words, region=region)


def _list(spec: Route53Records, query: str, output: str) -> str:
    """As text only the page that begins with the name, as JSON the whole zone."""
    begin = (_ONE_PAGE, "--start-record-name", spec.name, "--start-record-type", spec.type) if output == "text" else ()
    words = ("--hosted-zone-id", spec.hosted_zone, *begin, "--query", query, "--output", output)
    return aws("route53", "list-resource-record-sets", *words, region=HOME)


def _sets(spec: Route53Records) -> str:
    """The topology's records out of the whole zone, whose names end with a dot and have `*` as an octal escape."""
    name = spec.name.rstrip(".").lower().replace("*", "\\052") + "."
    own = ", ".join(text(identifier) for identifier in spec.set_identifiers.values())
    wanted = f"Name=={text(name)} && Type=={text(spec.type)} && contains([{own}], SetIdentifier)"
    return f"ResourceRecordSets[?SetIdentifier && {wanted}]"
