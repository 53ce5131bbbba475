"""One look at some regions: every service asked in each, put together by name. What does not answer is noted."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from dr_core.clock import Clock
from dr_core.discovery import consumers, dns, regional
from dr_core.discovery.asking import ClientOf, tagged
from dr_core.discovery.found import Buckets, Database, Found, Group, Service
from dr_core.discovery.regional import Tags, Wanted
from dr_core.errors import UnreachableError, UsageError
from dr_core.observation.asking import Answers, Question, ask_all

LIMIT_S = 90.0
_EVERYWHERE = "global"
_ASKED: dict[str, Callable[[ClientOf, str, Wanted], Any]] = {
    "global databases": regional.databases,
    "buckets": regional.buckets,
    "ECS services": regional.services,
    "secrets": regional.secrets,
    "parameters": regional.parameters,
    "keys": regional.keys,
    "global caches": regional.caches,
    "global tables": regional.tables,
    "event sources": consumers.event_sources,
    "rules": consumers.rules,
    "schedules": consumers.schedules,
}


class _Asked:
    """The questions and what came of them; an error becomes a note and nothing found."""

    def __init__(self, questions: Mapping[tuple[str, str], Question[Any]], answers: Answers) -> None:
        self._questions = questions
        self._answers = answers
        self.notes: list[str] = []

    def of(self, kind: str, region: str) -> Any:
        answer = self._answers.of(self._questions[kind, region])
        if answer.error is None:
            return answer.value
        where = "" if region == _EVERYWHERE else f" in {region}"
        self.notes.append(f"{kind}{where} could not be asked: {answer.error.message}")
        return None


def look(client_of: ClientOf, regions: tuple[str, ...], tags: Tags, clock: Clock) -> Found:
    """Everything in `regions` that carries `tags` (all of it without any), and what is linked to it.

    UsageError for a single region, UnreachableError when nobody answered at all.
    """
    if len(regions) < 2:
        raise UsageError("Name at least two regions.", hint="Repeat --region, the primary first.")
    notes: list[str] = []
    chosen = _chosen(client_of, regions, tags, clock, notes)
    questions: dict[tuple[str, str], Question[Any]] = {}
    for region in regions:
        for kind, ask in _ASKED.items():
            questions[kind, region] = Question(region, kind, partial(ask, client_of, region, chosen))
        group = partial(regional.groups, client_of, region, tags)
        questions["Auto Scaling groups", region] = Question(region, "Auto Scaling groups", group)
    questions["records", _EVERYWHERE] = Question(_EVERYWHERE, "records", partial(dns.records, client_of))
    questions["health checks", _EVERYWHERE] = Question(_EVERYWHERE, "health checks", partial(dns.checks, client_of))
    asked = _Asked(questions, ask_all(list(questions.values()), clock, LIMIT_S))
    found = _together(asked, regions, chosen, notes)
    if len(asked.notes) == len(questions):
        raise UnreachableError(f"Nothing answered: {found.notes[0]}", hint="Check the credentials and the regions.")
    return found


def _chosen(client_of: ClientOf, regions: tuple[str, ...], tags: Tags, clock: Clock, notes: list[str]) -> Wanted:
    """What the tags choose. An ARN is compared without its account, which some answers leave out."""
    if not tags:
        return lambda arn: True
    questions = {region: Question(region, "tags", partial(tagged, client_of, region, tags)) for region in regions}
    answers = ask_all(list(questions.values()), clock, LIMIT_S)
    arns: set[str] = set()
    for region, question in questions.items():
        answer = answers.of(question)
        if answer.error is not None:
            notes.append(f"tags in {region} could not be asked: {answer.error.message}")
        arns |= {_bare(arn) for arn in answer.value or ()}
    return lambda arn: _bare(arn) in arns


def _bare(arn: str) -> str:
    parts = arn.split(":")
    return ":".join([*parts[:4], *parts[5:]])


def _together(asked: _Asked, regions: tuple[str, ...], wanted: Wanted, notes: list[str]) -> Found:
    databases: dict[str, Database] = {}
    for region in regions:
        for database in asked.of("global databases", region) or ():
            databases.setdefault(database.global_cluster, database)
    links = {region: asked.of("buckets", region) or {} for region in regions}
    services = _counts(asked, "ECS services", regions)
    groups = _counts(asked, "Auto Scaling groups", regions)
    return Found(
        regions=regions,
        databases=tuple(databases.values()),
        buckets=linked(links, wanted),
        services=tuple(Service(cluster, name, counts) for (cluster, name), counts in services.items()),
        groups=tuple(Group(name, counts) for name, counts in groups.items()),
        records=tuple(asked.of("records", _EVERYWHERE) or ()),
        checks=tuple(asked.of("health checks", _EVERYWHERE) or ()),
        secrets=_where(asked, "secrets", regions),
        parameters=_where(asked, "parameters", regions),
        keys=_where(asked, "keys", regions),
        caches=_members(asked, "global caches", regions),
        tables=_members(asked, "global tables", regions),
        event_sources=_where(asked, "event sources", regions),
        rules=_where(asked, "rules", regions),
        schedules=_where(asked, "schedules", regions),
        notes=(*notes, *asked.notes),
    )


def linked(links: Mapping[str, Mapping[str, Iterable[str]]], wanted: Wanted) -> tuple[Buckets, ...]:
    """Pure: region -> bucket -> targets of its rules, as groups of one bucket a region. One wanted brings all."""
    home = {bucket: region for region, own in links.items() for bucket in own}
    rules = {bucket: {t for t in targets if t in home} for own in links.values() for bucket, targets in own.items()}
    groups: list[Buckets] = []
    seen: set[str] = set()
    for bucket in home:
        if bucket in seen:
            continue
        group = _reached(bucket, rules)
        seen |= group
        if any(wanted(f"arn:aws:s3:::{name}") for name in group):
            by_region = {region: name for region in links for name in sorted(group) if home[name] == region}
            silent = tuple(r for r, name in by_region.items() if len(group) > 1 and not rules[name])
            groups.append(Buckets(by_region, silent))
    return tuple(groups)


def _reached(start: str, rules: Mapping[str, set[str]]) -> set[str]:
    """All that rules lead to or from, whatever their direction."""
    reached, waiting = {start}, [start]
    while waiting:
        bucket = waiting.pop()
        near = rules.get(bucket, set()) | {other for other, targets in rules.items() if bucket in targets}
        waiting += near - reached
        reached |= near
    return reached


def _counts(asked: _Asked, kind: str, regions: tuple[str, ...]) -> dict[Any, dict[str, int]]:
    found: dict[Any, dict[str, int]] = {}
    for region in regions:
        for name, count in (asked.of(kind, region) or {}).items():
            found.setdefault(name, {})[region] = count
    return found


def _where(asked: _Asked, kind: str, regions: tuple[str, ...]) -> dict[Any, tuple[str, ...]]:
    found: dict[Any, tuple[str, ...]] = {}
    for region in regions:
        for name in asked.of(kind, region) or ():
            found[name] = (*found.get(name, ()), region)
    return found


def _members(asked: _Asked, kind: str, regions: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for region in regions:
        for name, members in (asked.of(kind, region) or {}).items():
            found.setdefault(name, tuple(members))
    return found
