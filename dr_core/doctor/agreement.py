"""Whether the processes over one store fit together: one version, one key for acknowledgements, one key of workers."""

import hashlib
import platform
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from pydantic import JsonValue

from dr_core.doctor.processes import ALIVE
from dr_core.doctor.result import Check, CheckState
from dr_core.settings import Settings
from dr_core.store.replicas import Replica

ACK, WORKERS = "ack", "workers"


def fingerprints(settings: Settings) -> dict[str, JsonValue]:
    """What a process tells of its keys with each beat: of the public halves that it reads, None where there is none."""
    return {ACK: _fingerprint(settings.ack_public_key), WORKERS: _fingerprint(settings.worker_public_key)}


def agreement(found: Iterable[Replica], now: datetime, here: str | None = None) -> tuple[Check, ...]:
    """Of everything that lives. `here` is the version of the process that looks, this one's where it is left out."""
    alive = [one for one in found if now - one.beat_at <= ALIVE]
    return (
        versions_check(alive, here or version("dr-bot")),
        key_check("ack keys", ACK, alive, "DR_ACK_KEY"),
        key_check("worker keys", WORKERS, [one for one in alive if one.kind == "worker"], "DR_WORKER_KEY"),
    )


def versions_check(alive: Iterable[Replica], here: str) -> Check:
    """This process's version, and those of the living where they differ from it."""
    detail = f"dr-bot {here}, Python {platform.python_version()}, boto3 {version('boto3')}"
    others = [f"{one.kind} {one.name} {one.version}" for one in alive if one.version != here]
    if others:
        way_out = "Finish the roll-out, so that all of them run one version."
        told = f"{detail}; others: {', '.join(others)}"
        return Check(name="versions", state=CheckState.WARNING, detail=told, way_out=way_out)
    return Check(name="versions", state=CheckState.OK, detail=detail)


def key_check(name: str, key: str, alive: Iterable[Replica], variable: str) -> Check:
    """An acknowledgement that one process signs must be one that every other can verify."""
    told = {one.name: _told(one, key) for one in alive}
    prints = {print_ for print_ in told.values() if print_ is not None}
    without = sorted(process for process, print_ in told.items() if print_ is None)
    if len(prints) > 1:
        by = "; ".join(f"{process} {print_}" for process, print_ in sorted(told.items()) if print_)
        way_out = f"{variable} must name the same key for all of them: what one signs the others do not believe."
        return Check(name=name, state=CheckState.FAILED, detail=f"they differ: {by}", way_out=way_out)
    if not prints:
        detail = "no process that lives has told of one"
        way_out = f"Start bot and worker with {variable}."
        return Check(name=name, state=CheckState.UNKNOWN, detail=detail, way_out=way_out)
    number = len(told) - len(without)
    detail = f"{prints.pop()}, the same in {number} processes" if number > 1 else f"{prints.pop()}, of one process"
    if without:
        way_out = f"Give them the public key: {variable} must name the same file everywhere."
        detail = f"{detail}; without one: {', '.join(without)}"
        return Check(name=name, state=CheckState.WARNING, detail=detail, way_out=way_out)
    return Check(name=name, state=CheckState.OK, detail=detail)


def _told(one: Replica, key: str) -> str | None:
    keys = one.state.get("keys")
    print_ = keys.get(key) if isinstance(keys, dict) else None
    return None if print_ is None else str(print_)


def _fingerprint(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except OSError:
        return None
