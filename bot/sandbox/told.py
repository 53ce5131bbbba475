"""What the bot says of the world, for the page to show beside the truth: read from the `/metrics` of its workers."""

import http.client
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

Json = dict[str, Any]
Scrape = Callable[[int], str]
EVERY_S = 2.0
_TIMEOUT_S = 1.0
_MOST_FINDINGS = 12
_DATABASES = frozenset({"aurora_global", "rds_replica"})
_ORDER = ("blocking", "unknown", "warning", "info")


def scrape(port: int) -> str:
    """The text of one process on loopback; OSError when it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()


class Told:
    """Asks the first worker that answers, at most every two seconds; empty while none does."""

    def __init__(self, ports: Sequence[int], ask: Scrape = scrape) -> None:
        self._ports = ports
        self._ask = ask
        self._lock = threading.Lock()
        self._until = 0.0
        self._last: Json = {}

    def __call__(self) -> Json:
        """By application: the lag towards each region as shown in `/dr status`, and the findings of the preflight."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._last = self._look()
                self._until = time.monotonic() + EVERY_S
            return self._last

    def _look(self) -> Json:
        for port in self._ports:
            try:
                return read(self._ask(port))
            except (OSError, ValueError):
                continue
        return {}


def read(text: str) -> Json:
    """From Prometheus' text; ValueError when it is none."""
    found: Json = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.labels.get("application")
            if name is not None and sample.name in _TAKEN:
                entry = found.setdefault(name, {"lags": {}, "findings": [], "preflight_age_s": None})
                _TAKEN[sample.name](entry, sample.labels, sample.value)
    for entry in found.values():
        entry["more"] = max(0, len(entry["findings"]) - _MOST_FINDINGS)
        entry["findings"] = _worst(entry["findings"])[:_MOST_FINDINGS]
    return found


def _worst(findings: Iterable[Json]) -> list[Json]:
    return sorted(findings, key=lambda one: (_ORDER.index(one["severity"]), one["code"], one["region"]))


def _lag(entry: Json, labels: dict[str, str], value: float, key: str) -> None:
    """Of the database: the one store whose truth the page knows."""
    if labels["kind"] in _DATABASES:
        entry["lags"].setdefault(labels["region"], {})[key] = value


def _exposure(entry: Json, labels: dict[str, str], value: float) -> None:
    _lag(entry, labels, value, "seconds")


def _age(entry: Json, labels: dict[str, str], value: float) -> None:
    _lag(entry, labels, round(value), "age_s")


def _verdict(entry: Json, labels: dict[str, str], value: float) -> None:
    if labels["kind"] in _DATABASES:
        entry["lags"].setdefault(labels["region"], {})["verdict"] = labels["verdict"]


def _finding(entry: Json, labels: dict[str, str], value: float) -> None:
    severity = labels["severity"] if labels["severity"] in _ORDER else "info"
    entry["findings"].append({key: labels[key] for key in ("region", "code", "subject")} | {"severity": severity})


def _preflight(entry: Json, labels: dict[str, str], value: float) -> None:
    entry["preflight_age_s"] = round(value)


_TAKEN: dict[str, Callable[[Json, dict[str, str], float], None]] = {
    "dr_exposure_seconds": _exposure,
    "dr_exposure_age_seconds": _age,
    "dr_store_verdict": _verdict,
    "dr_readiness_finding": _finding,
    "dr_preflight_age_seconds": _preflight,
}
