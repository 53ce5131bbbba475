"""What a drill of each kind tries, from the topology alone. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from dr_core.capacity.port import capacity_name
from dr_core.drills.model import DrillKind, Exercise, Result, Stage
from dr_core.drills.writing import prefix_of
from dr_core.topology.model import Application

SCALE, WRITE, KEY, SECRET, ENDPOINT, INVOKE, CLONE = (
    "scale", "write", "key", "secret", "endpoint", "invoke", "clone",
)  # fmt: skip
THERE, BACK = "there", "back"
CHANGING = frozenset({SCALE, WRITE, CLONE})
"""Kinds of exercises that leave something, which has to be taken back."""
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_-]+")


def agenda(app: Application, kind: DrillKind, drill: str, source: str) -> tuple[Exercise, ...]:
    """The exercises of a drill in every region but `source`, in their order, each name once.

    Each is bound to the account of today. A tabletop's are made with their results. An isolated drill begins with a
    probe: it is quick, and costs nothing.
    """
    found = {one.name: one for one in _every(app, kind, drill, source)}
    names = dict(zip(found, _told_apart(map(_slug, found)), strict=True))
    account = app.account
    where: dict[str, JsonValue] = {"account": account.model_dump(mode="json", exclude_none=True)} if account else {}
    return tuple(
        one.model_copy(update={"name": names[name], "params": one.params | where}) for name, one in found.items()
    )


def _slug(name: str) -> str:
    """As it may stand in a user agent."""
    return _NOT_PLAIN.sub("-", name)


def _told_apart(names: Iterable[str]) -> Iterator[str]:
    """Two names that have become one get a number."""
    seen: Counter[str] = Counter()
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


def _every(app: Application, kind: DrillKind, drill: str, source: str) -> tuple[Exercise, ...]:
    if kind is DrillKind.LIVE:
        return tuple(_live(app, source))
    if kind is DrillKind.TABLETOP:
        return ()
    standbys = [region for region in app.regions if region != source]
    probe = [one for region in standbys for one in _probe(app, drill, source, region)]
    if kind is DrillKind.PROBE:
        return tuple(probe)
    return (*probe, *(one for number, region in enumerate(standbys) for one in _isolated(app, drill, region, number)))


def _probe(app: Application, drill: str, source: str, region: str) -> Iterator[Exercise]:
    yield from _endpoints(app, region)
    for key in app.keys:
        yield _one(KEY, key, f"Open with {key} what {source} closed", region, {"key": key, "source": source})
    for secret in app.secrets:
        yield _one(SECRET, secret, f"Read what is said of secret {secret}", region, {"secret": secret})
    for custom in app.custom:
        if custom.lambda_ is not None and custom.lambda_.region == "target":
            function = custom.lambda_.function
            yield _one(INVOKE, function, f"Pretend to call function {function}", region, {"function": function})
    for storage in app.storage:
        if storage.s3 is not None and region in storage.s3.buckets:
            bucket = storage.s3.buckets[region]
            params: dict[str, JsonValue] = {"buckets": {**storage.s3.buckets}, "prefix": prefix_of(drill, region)}
            yield _one(WRITE, bucket, f"Write to {bucket} and read it back", region, params)
    yield from _scaled(app, region)


def _endpoints(app: Application, region: str) -> Iterator[Exercise]:
    idle = bool(app.capacity) and not any(entry.value.standby for entry in app.capacity)
    for number, check in enumerate(entry for entry in app.health if entry.http is not None):
        url = (check.http or {}).get(region)
        if url is not None:
            name = f"health {number + 1}" if number else "health"
            yield _one(ENDPOINT, name, f"Ask {url}", region, {"url": url, "idle": idle and not app.active_active})


def _scaled(app: Application, region: str) -> Iterator[Exercise]:
    for entry in app.capacity:
        name = capacity_name(entry)
        title = f"One copy of {name} more, and back"
        if app.active_active:
            yield _skip(SCALE, name, title, region, "every region serves users: nothing is scaled there by a drill")
        elif entry.aurora_readers is not None:
            told = "a reader takes minutes and is paid by the hour: an isolated drill makes an instance of its own"
            yield _skip(SCALE, name, title, region, told)
        else:
            stands = entry.model_dump(mode="json", by_alias=True, exclude_unset=True)
            yield _one(SCALE, name, title, region, {"entry": stands})


def _isolated(app: Application, drill: str, region: str, number: int) -> Iterator[Exercise]:
    if app.database is None:
        yield _skip(CLONE, "database", "Restore the database apart", region, "it has no database")
        return
    aurora = app.database.aurora_global
    if aurora is None or region not in aurora.clusters:
        why = "only an Aurora cluster of this region can be cloned; this database is not tried"
        yield _one(CLONE, "database", "Restore the database apart", region, {}).model_copy(
            update={"stage": Stage.CLEAN, "result": Result.UNKNOWN, "detail": why}
        )
        return
    cluster = aurora.clusters[region]
    name = f"dr-drill-{drill.removeprefix('d-')}-{number + 1}"
    params: dict[str, JsonValue] = {"cluster": cluster, "name": name}
    yield _one(CLONE, cluster, f"Clone {cluster} as {name} and reach it", region, params)


def _live(app: Application, source: str) -> Iterator[Exercise]:
    target = app.standby[0]
    way: dict[str, JsonValue] = {"source": source, "target": target}
    home: dict[str, JsonValue] = {"source": target, "target": source}
    yield _one(THERE, THERE, f"Move it from {source} to {target}", target, way)
    yield _one(BACK, BACK, f"Move it back from {target} to {source}", source, home)


def _one(kind: str, subject: str, title: str, region: str, params: dict[str, JsonValue]) -> Exercise:
    name = kind if kind in (THERE, BACK) else f"{kind} {subject} {region}"
    return Exercise(name=name, kind=kind, title=title, region=region, params=params)


def _skip(kind: str, subject: str, title: str, region: str, why: str) -> Exercise:
    skipped = {"stage": Stage.CLEAN, "result": Result.SKIPPED, "detail": why}
    return _one(kind, subject, title, region, {}).model_copy(update=skipped)
