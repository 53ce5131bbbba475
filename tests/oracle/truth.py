"""What may be said of a world whose truth is known: never better than it is, and no number without source and age.

Pure: `status --json` of one application and the truth of the same moment in, sentences about what is wrong out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]

STALE_S = 245.0
"""A datapoint a minute is awaited, and comes in at the end of its minute; without one for three more it is stale."""
COMPARED_S = 120.0
"""Settings are compared anew after a minute; where a region does not answer, the last comparison counts for two."""
ROUNDED_S = 0.1
SLACK_S = 0.75
"""Lag ripples by a fifth of a second from one datapoint to the next, and figures are rounded."""


@dataclass(frozen=True)
class Truth:
    """One application as it is. `lags` are the losses that a failover towards a region would really cost.

    `metrics`: regions in which a datapoint of the last second can be read. `moving`: a change of roles is under way.
    `known_gone`: regions that were away in several passes, with nothing between them and the bot but that.
    `missing`: for how many seconds some region has lacked a parameter, by path. `calm`: nothing was broken for longer
    than any damping.
    """

    up: Mapping[str, bool]
    writers: tuple[str, ...]
    answers: tuple[str, ...]
    lags: Mapping[str, float]
    metrics: frozenset[str] = frozenset()
    moving: bool = False
    settling: bool = False
    known_gone: frozenset[str] = frozenset()
    missing: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    calm: bool = False


def faults(told: Json, truth: Truth, *, observed: bool) -> Iterator[str]:
    """Everything that is wrong with `told`. `observed`: a pass was made at this very moment."""
    yield from _verdicts(told, truth, observed)
    yield from _writers(told, truth, observed)
    yield from _answers(told, truth, observed)
    yield from _exposures(told, truth, observed)
    yield from _parameters(told, truth, observed)
    yield from _numbers(told)
    if truth.calm and observed:
        yield from _calm(told, truth)


def _verdicts(told: Json, truth: Truth, observed: bool) -> Iterator[str]:
    for region, seen in told["regions"].items():
        if observed and not truth.up[region] and seen["verdict"] == "healthy":
            yield f"{region} is not there and is called healthy"
        if observed and seen["observed_at"] is None:
            yield f"{region} was just observed and is said never to have been"
        if not seen["reasons"]:
            yield f"the verdict of {region} has no reason"
        if not observed and seen["verdict"] != "unknown":
            yield f"{region} was not observed for long and is called {seen['verdict']}"


def _writers(told: Json, truth: Truth, observed: bool) -> Iterator[str]:
    if told["writers"] is None:
        return
    if not observed:
        yield "nobody looked for long, and somebody is said to write"
    for region in told["writers"]:
        gone = not truth.up[region] and told["regions"][region]["verdict"] != "healthy"
        if region not in truth.writers and not gone and not truth.moving:
            yield f"{region} is said to write and does not ({truth.writers})"
    for region in truth.writers:
        if region not in told["writers"] and not truth.moving:
            yield f"{region} writes, and only {told['writers']} is said to"


def _answers(told: Json, truth: Truth, observed: bool) -> Iterator[str]:
    if told["answers"] is None:
        return
    if not observed:
        yield "nobody asked DNS for long, and an answer is shown"
    elif not truth.settling and not set(told["answers"]) <= set(truth.answers):
        yield f"DNS answers {truth.answers}, and {told['answers']} is shown"


def _exposures(told: Json, truth: Truth, observed: bool) -> Iterator[str]:
    gates = [store for store in told["stores"] if store["gate"]]
    for store in gates:
        if store["kind"] == "aurora_global" and store["region"] in truth.lags and _known(store):
            yield from _exposure(told, store, truth, observed)
    whole = told["exposure_seconds"]
    if whole is not None:
        unknown = [store["region"] for store in gates if not _known(store)]
        if unknown or not gates:
            yield f"the exposure is {whole} s although nothing is known towards {unknown or 'any region'}"
        elif whole < max(store["exposure_seconds"] for store in gates):
            yield f"the exposure is {whole} s, less than that of a store that gates"


def _exposure(told: Json, store: Json, truth: Truth, observed: bool) -> Iterator[str]:
    """A figure with its age covers the truth: since it was measured no more can have been lost than time went by."""
    region, real = store["region"], truth.lags[store["region"]]
    seconds, age = store["exposure_seconds"], store["age_seconds"]
    # While its source is away the time since is in the figure itself; else the age says it, as long as it may.
    allowed = 0.0 if told["active_region"] in truth.known_gone and observed else min(age, STALE_S)
    if seconds + allowed + SLACK_S < real:
        yield f"towards {region} {real:.1f} s would be lost, and {seconds} s of {age} s ago are shown"
    fresh = observed and region in truth.metrics
    if fresh and seconds + SLACK_S + 1.5 < real:
        yield f"towards {region} {real:.1f} s would be lost and can be read, and {seconds} s are shown"
    if fresh and store["verdict"] == "ok" and real > store["threshold_seconds"] + SLACK_S + 1.5:
        yield f"towards {region} {real:.1f} s are over {store['threshold_seconds']} s, and it is called ok"


def _parameters(told: Json, truth: Truth, observed: bool) -> Iterator[str]:
    for store in told["stores"]:
        by_region = truth.missing.get(store["name"], {})
        lacking = by_region.get(store["region"])
        if not observed or store["kind"] != "parameters" or lacking is None or store["verdict"] != "ok":
            continue
        if told["active_region"] in by_region:
            continue  # the copy is held against a region that lacks it, too: they are in step
        # The age, which is rounded, says that it was compared before that.
        if store["age_seconds"] + ROUNDED_S < lacking or store["age_seconds"] > COMPARED_S:
            when = f"compared {store['age_seconds']} s ago, written {lacking:.1f} s ago"
            yield f"{store['name']} lacks a parameter in {store['region']} and is called ok, {when}"


def _numbers(told: Json) -> Iterator[str]:
    """Every number with its source and age, every unknown with its reason."""
    yield from _stores(told)
    yield from _objectives(told)
    target, ready = told["target"], told["readiness"]
    if target["region"] is None and not target["reason"]:
        yield "nothing is proposed, without a reason"
    if ready["ready"] is not None and ready["age_seconds"] is None:
        yield "readiness without an age"


def _stores(told: Json) -> Iterator[str]:
    for store in told["stores"]:
        name = f"{store['kind']} {store['name']} towards {store['region']}"
        if not store["source"]:
            yield f"{name} has no source"
        if store["exposure_seconds"] is not None and store["age_seconds"] is None:
            yield f"{name} has a figure without an age"
        if store["verdict"] in ("stale", "unknown") and not store["reason"]:
            yield f"{name} is {store['verdict']} without a reason"
        for figure in store["figures"]:
            if not figure["source"] or (figure["value"] is not None and figure["measured_at"] is None):
                yield f"{name}: {figure['name']} has no source or no age"
            if figure["value"] is None and not figure["reason"]:
                yield f"{name}: {figure['name']} is unknown without a reason"


def _objectives(told: Json) -> Iterator[str]:
    for line in told["objectives"]:
        if line["reached"] is None and line["met"] is not None and not line["subject"]:
            yield f"{line['name']} is said to be met or missed and was never measured"
        if line["reached"] is not None and (not line["method"] or line["measured_at"] is None):
            yield f"{line['name']} has a figure without method or age"
        if line["reached"] is None and not line["reason"]:
            yield f"{line['name']} is unknown without a reason"


def _calm(told: Json, truth: Truth) -> Iterator[str]:
    """A bot that knows nothing would pass everything else: in peace it knows, and says so."""
    for region, seen in told["regions"].items():
        if seen["verdict"] != "healthy":
            yield f"nothing is broken, and {region} is {seen['verdict']}: {seen['reasons'][:3]}"
    if truth.writers and tuple(told["writers"] or ()) != truth.writers:
        yield f"nothing is broken, and {told['writers']} is said to write, not {truth.writers}"
    for store in told["stores"]:
        if store["kind"] != "aurora_global" or store["region"] not in truth.lags:
            continue
        if not _known(store) or abs(store["exposure_seconds"] - truth.lags[store["region"]]) > SLACK_S:
            yield f"nothing is broken, and {store['region']} is {store['verdict']}, {store['exposure_seconds']} s"


def kinds(told: Json, truth: Truth) -> Iterator[str]:
    """What a comparison was of, so that a walk can be seen to have met everything."""
    yield from ("a region is gone" for region in truth.up.values() if not region)
    yield from (f"verdict {seen['verdict']}" for seen in told["regions"].values())
    yield from (f"exposure {store['verdict']}" for store in told["stores"] if store["kind"] == "aurora_global")
    yield f"{len(truth.writers)} writers, {'unknown' if told['writers'] is None else len(told['writers'])} told"
    yield "a target is proposed" if told["target"]["region"] else "no target is proposed"
    yield from ("much would be lost" for lag in truth.lags.values() if lag > 60)


def _known(store: Json) -> bool:
    return store["exposure_seconds"] is not None and store["verdict"] in ("ok", "over")
