"""From what was found to a first `dr.yaml`: valid as it stands, with `FILL IN` where only people know. Pure."""

import json
import re
from collections.abc import Iterable, Iterator
from posixpath import dirname

from dr_core.discovery.found import Database, Found, HealthCheck, PerRegion
from dr_core.discovery.placing import Placed, place, takeover

FILL = "# FILL IN"
_PLAIN = re.compile(r"^[A-Za-z/][A-Za-z0-9/._-]*$")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_NAME = re.compile(r"[^a-z0-9]+")

Lines = Iterator[str]


def draft(found: Found, name: str) -> str:
    """The file's text, in the order of docs/configuration.md."""
    database = found.databases[0] if found.databases else None
    active = database.writer if database and database.writer in found.regions else found.regions[0]
    return "\n".join((*_head(found), *_policy(found), *_application(found, _app_name(name), active, database))) + "\n"


def _head(found: Found) -> Lines:
    yield f"# Drafted by `dr config discover` from what AWS has in {', '.join(found.regions)}."
    yield f"# What only people know is marked {FILL[2:]}. Then run `dr config check` and `dr doctor`."
    for note in found.notes:
        yield f"# Not known: {_one_line(note)}"


def _policy(found: Found) -> Lines:
    yield "version: 1"
    yield f"residency: {{allowed_regions: {_list(found.regions)}}}"
    yield f"control_region: {found.regions[-1]}  {FILL}: where the bot's own store lives; best in neither of them"
    yield "objectives: {rto: 15m, rpo: 1m, availability: 99.9}"
    yield f"slack: {{incident_channel: C0FILLIN, digest_channel: C0FILLIN}}  {FILL}: channel ids"
    yield f"approval: {{approvers: {{usergroup: S0FILLIN}}}}  {FILL}: who may approve, as a user group or as users"
    yield f"# {FILL[2:]} people (one entry a person) and break_glass holders; see docs/configuration.md."


def _application(found: Found, name: str, active: str, database: Database | None) -> Lines:
    standbys = tuple(region for region in found.regions if region != active)
    why = "it has the database's writer" if database and database.writer == active else "it was named first"
    yield "applications:"
    yield f"  {name}:"
    yield f"    primary: {active}  # {why}"
    yield f"    standby: {_list(standbys)}"
    yield from (f"    {line}" for line in _parts(found, name, active, database))


def _parts(found: Found, name: str, active: str, database: Database | None) -> Lines:
    checks = {check.id: check for check in found.checks}
    placed = [place(records, found.regions, active, checks) for records in found.records]
    mine, others = _mine(placed, name)
    yield from _health(found, mine, name)
    yield from _traffic(mine, others, checks)
    if database:
        yield from _database(found, database)
    yield from _storage(found)
    yield from _copied(found)
    yield from _capacity(found, active)
    yield from _consumers(found)
    yield "verify: []"
    yield f"  {FILL}: a write probe through the public name, as in - http_write_read: {{url: https://...}}"


def _mine(placed: list[Placed], name: str) -> tuple[list[Placed], list[Placed]]:
    """Records have no tags: those that carry the name, or the only ones. The others are shown as comments."""
    named = [one for one in placed if _mentions(one, name)]
    mine = named or (placed if len(placed) == 1 else [])
    whole = [one for one in mine if len(one.regions) > 1]
    return whole, [one for one in placed if one not in whole]


def _mentions(placed: Placed, name: str) -> bool:
    sets = placed.records.sets
    texts = (placed.records.name, *(text for one in sets for text in (one.identifier, one.check or "", *one.values)))
    return any(name in text.lower() for text in texts)


def _health(found: Found, mine: list[Placed], name: str) -> Lines:
    """Checks that name a region, of the application's name or of its records' domain."""
    domains = {one.records.name.partition(".")[2] for one in mine}
    by_region: dict[str, HealthCheck] = {}
    for check in found.checks:
        regions = [region for region in found.regions if region in check.host or region in check.id]
        known = name in f"{check.host} {check.id}".lower() or any(d and check.host.endswith(d) for d in domains)
        if len(regions) == 1 and known and not check.inverted:
            by_region.setdefault(regions[0], check)
    if len(by_region) < 2:
        yield f"health: []  {FILL}: an endpoint in each region; without one every verdict is unknown"
        for check in (check for check in found.checks if not check.inverted):
            yield f"# found: health check {_one_line(check.id)} watches {_one_line(_url(check))}"
        return
    ordered = {region: by_region[region] for region in found.regions if region in by_region}
    yield "health:"
    yield f"  - http: {_map({region: _url(check) for region, check in ordered.items()})}"
    yield f"  - route53: {_map({region: check.id for region, check in ordered.items()})}"


def _url(check: HealthCheck) -> str:
    scheme, usual = ("https", 443) if check.tls else ("http", 80)
    port = "" if check.port == usual else f":{check.port}"
    return f"{scheme}://{check.host}{port}{check.path}"


def _traffic(mine: list[Placed], others: list[Placed], checks: dict[str, HealthCheck]) -> Lines:
    yield "traffic:" if mine else f"traffic: []  {FILL}: how users are sent to a region"
    for one in mine:
        yield from _records(one, "")
        if switch := takeover(one, checks):
            region, bucket, key, check = switch
            inside = f"bucket: {_map({region: bucket})}, key: {_text(key)}, health_check: {_text(check)}"
            yield f"  - standby_takes_over: {{{inside}}}"
    for one in others:
        yield "# found, and not known to be this application's:"
        yield from _records(one, "# ")


def _records(placed: Placed, mark: str) -> Lines:
    records = placed.records
    identifiers = _map({region: one.identifier for region, one in placed.regions.items()})
    said = f"  # {FILL[2:]} or correct: {_one_line(placed.guessed)}" if placed.guessed else ""
    inside = f"hosted_zone: {_text(records.zone)}, name: {_text(records.name)}, type: {records.type}"
    yield f"{mark}  - route53_records: {{{inside}, set_identifiers: {identifiers}}}{said}"
    for one in placed.unplaced:
        yield f"{mark}    {FILL}: which region record {_one_line(one.identifier)} is for"


def _database(found: Found, database: Database) -> Lines:
    """A member in a region that was not asked about is left out: it would be outside the residency."""
    inside = {region: name for region, name in database.clusters.items() if region in found.regions}
    clusters = {region: inside[region] for region in found.regions if region in inside}
    yield "database:"
    named = f"global_cluster: {_text(database.global_cluster)}, clusters: {_map(clusters)}"
    yield f"  aurora_global: {{{named}, gate: true}}"
    for region in set(database.clusters) - set(inside):
        yield f"# it has a member in {region}, too, which was not asked about"
    for other in found.databases[1:]:
        yield f"# found, too: global cluster {_text(other.global_cluster)}; an application has one database"


def _storage(found: Found) -> Lines:
    pairs = [group for group in found.buckets if len(group.buckets) > 1]
    yield "storage:" if pairs else "storage: []"
    for group in pairs:
        yield f"  - s3: {{buckets: {_map(group.buckets)}}}"
        for region in group.one_way:
            yield f"    # no rule leads out of {region}: after a failover nothing would come back"
    for group in found.buckets:
        if len(group.buckets) == 1:
            ((region, bucket),) = group.buckets.items()
            yield f"# bucket {_text(bucket)} in {region} replicates nowhere; left out"


def _copied(found: Found) -> Lines:
    """What AWS or the bot keeps in step, by name; what one region lacks is said."""
    if found.caches:
        yield "cache:"
        yield from (f"  - elasticache_global: {{group: {_text(group)}}}" for group in found.caches)
    if found.tables:
        yield "tables:"
        yield from (f"  - dynamodb_global: {{table: {_text(table)}}}" for table in found.tables)
    yield f"secrets: {_list(found.secrets)}"
    yield from _lacking("secret", found.secrets, found.regions)
    yield f"parameters: {{paths: {_list(paths(found.parameters))}}}"
    yield from _lacking("parameter", found.parameters, found.regions)
    yield f"keys: {_list(found.keys)}"
    yield from _lacking("key", found.keys, found.regions)


def _lacking(kind: str, where: dict[str, tuple[str, ...]], regions: tuple[str, ...]) -> Lines:
    for name, has in where.items():
        if missing := [region for region in regions if region not in has]:
            yield f"# {kind} {_one_line(name)} is missing in {', '.join(missing)}"


def paths(names: Iterable[str]) -> tuple[str, ...]:
    """The folders that hold all parameters, none inside another; a name without a folder stands for itself."""
    folders = sorted({f"{dirname(name)}/" if dirname(name) not in ("", "/") else name for name in names})
    return tuple(
        f for f in folders if not any(f != other and other.endswith("/") and f.startswith(other) for other in folders)
    )


def _capacity(found: Found, active: str) -> Lines:
    entries = [
        (
            f"ecs: {{cluster: {_text(one.cluster)}, service: {_text(one.service)}",
            one.counts,
            f"{one.cluster}/{one.service}",
        )
        for one in found.services
    ]
    entries += [(f"autoscaling: {{group: {_text(one.group)}", one.counts, one.group) for one in found.groups]
    whole = [entry for entry in entries if all(region in entry[1] for region in found.regions)]
    yield "capacity:" if whole else "capacity: []"
    for words, counts, _ in whole:
        standby = max(count for region, count in counts.items() if region != active)
        now = ", ".join(f"{region} {count}" for region, count in counts.items())
        working = max(1, counts[active])
        yield f"  - {words}, active: {working}, standby: {min(standby, working)}}}  # now: {now}"
    for _, counts, label in entries:
        if missing := [region for region in found.regions if region not in counts]:
            yield f"# {_one_line(label)} is missing in {', '.join(missing)}; left out"


def _consumers(found: Found) -> Lines:
    """What takes work, where every region has it. Nobody can tell a service that polls from one that serves."""
    parts = {
        **{f"lambda_event_source: {{function: {_text(name)}}}": where for name, where in found.event_sources.items()},
        **{
            f"eventbridge_rule: {{rule: {_text(rule)}, bus: {_text(bus)}}}": where
            for (bus, rule), where in found.rules.items()
        },
        **{
            f"eventbridge_schedule: {{schedule: {_text(name)}, group: {_text(group)}}}": where
            for (group, name), where in found.schedules.items()
        },
    }
    whole = [part for part, where in parts.items() if len(where) == len(found.regions)]
    if parts:
        yield "consumers:" if whole else "consumers: []"
        yield f"  {FILL}: only what must work in one region at a time; an ECS service that polls is an ecs_poller"
    yield from (f"  - {part}" for part in whole)
    for part, where in parts.items():
        if part not in whole:
            missing = ", ".join(region for region in found.regions if region not in where)
            yield f"# {_one_line(part)} is missing in {missing}; left out"


# -- YAML --------------------------------------------------------------------------------------------------------------


def _text(value: str) -> str:
    """Plain where YAML cannot take it for anything else, else in double quotes, which are JSON's."""
    plain = _PLAIN.match(value) is not None and value.lower() not in _WORDS
    return value if plain else json.dumps(value)


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(_text(value) for value in values)}]"


def _map(values: PerRegion) -> str:
    return f"{{{', '.join(f'{key}: {_text(value)}' for key, value in values.items())}}}"


def _one_line(text: str) -> str:
    """For a comment: what AWS returned must not begin a line of its own."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _app_name(name: str) -> str:
    """As `dr.yaml` wants it: lower case, digits, hyphens, a letter first."""
    words = _NAME.sub("-", name.lower()).strip("-")
    return (words if words[:1].isalpha() else f"app-{words}".rstrip("-"))[:41].rstrip("-")
