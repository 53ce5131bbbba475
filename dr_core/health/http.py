"""All health URLs in one sweep of one curl multi: phase timings for each, and no probe waits for another.

A probe makes its own connection and looks its name up anew, as a user's first request would; proxies set in the
environment are ignored, because a probe through one measures the proxy. Redirects are not followed; as for Route 53, a
3xx answer is a healthy one.
"""

import asyncio
import json
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import certifi
import pycurl

from dr_core.observation.model import Signal, SignalState, Vantage
from dr_core.settings import ConnectTo

CONNECT_TIMEOUT_S = 2.0
TOTAL_TIMEOUT_S = 3.0
_BODY_BYTES = 4096
_SAYS_BAD = frozenset({"fail", "error", "down", "unhealthy"})


@dataclass(frozen=True)
class Timings:
    """Milliseconds from the start of the probe to the end of each phase; a phase that was not reached is None."""

    name_lookup_ms: float | None
    connect_ms: float | None
    tls_ms: float | None
    first_byte_ms: float | None
    total_ms: float


@dataclass(frozen=True)
class ProbeAnswer:
    """What one URL answered. `status` None: no answer, see `error`. `status_word` and `region` are the body's own."""

    url: str
    status: int | None
    error: str
    timings: Timings
    status_word: str | None = None
    region: str | None = None


class _Driver:
    """A multi with the event loop that drives it; for one sweep at a time, in whichever thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.multi = pycurl.AsyncCurlMulti()

    def run(self, curls: Sequence[Any], limit_s: float) -> list[str | None]:
        """Drive all transfers to their end; what went wrong, by position."""
        return self.loop.run_until_complete(self._transfer(curls, limit_s))

    def close(self) -> None:
        if not self.loop.is_closed():
            self.loop.run_until_complete(self.multi.aclose())
            self.loop.close()

    async def _transfer(self, curls: Sequence[Any], limit_s: float) -> list[str | None]:
        transfers = [self.multi.add_handle(curl) for curl in curls]
        # The transfers end by their own timeouts; this one is for a library that does not keep them.
        _, late = await asyncio.wait(transfers, timeout=limit_s)
        for transfer in late:
            transfer.cancel()
        results = await asyncio.gather(*transfers, return_exceptions=True)
        return [_error_text(result) if isinstance(result, BaseException) else None for result in results]


class Prober:
    """Keeps its multis over all sweeps, so that the CA bundle is parsed once for each; sweeps may run side by side.

    Sweep from a thread without a running event loop.
    """

    def __init__(
        self,
        connect_to: Sequence[ConnectTo] = (),
        ca: Path | str | None = None,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        total_timeout_s: float = TOTAL_TIMEOUT_S,
    ) -> None:
        self._connect_to = [entry.curl for entry in connect_to]
        self._ca = str(ca) if ca else certifi.where()
        self._connect_ms = int(connect_timeout_s * 1000)
        self._total_ms = int(total_timeout_s * 1000)
        self._idle: deque[_Driver] = deque()
        self._forgotten = weakref.finalize(self, _close_loops, self._idle)

    def close(self) -> None:
        """Release the sockets of all sweeps that have ended."""
        while self._idle:
            self._idle.pop().close()

    def sweep(self, urls: Sequence[str]) -> tuple[ProbeAnswer, ...]:
        """One answer for each URL, in order; never raises for what a host does. Takes at most the total timeout."""
        if not urls:
            return ()
        bodies = [_Body() for _ in urls]
        curls = [self._curl(url, body.write) for url, body in zip(urls, bodies, strict=True)]
        driver = self._driver()
        try:
            errors = driver.run(curls, self._total_ms / 1000 + 1.0)
        finally:
            self._idle.append(driver)
        answers = tuple(map(_answer, urls, curls, bodies, errors))
        for curl in curls:
            curl.close()
        return answers

    def _driver(self) -> _Driver:
        try:
            return self._idle.pop()
        except IndexError:
            return _Driver()

    def _curl(self, url: str, write: Callable[[bytes], int]) -> Any:
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.USERAGENT, "dr-bot-health/1")
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.FRESH_CONNECT, 1)
        curl.setopt(pycurl.FORBID_REUSE, 1)
        curl.setopt(pycurl.DNS_CACHE_TIMEOUT, 0)
        curl.setopt(pycurl.CAINFO, self._ca)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, self._connect_ms)
        curl.setopt(pycurl.TIMEOUT_MS, self._total_ms)
        curl.setopt(pycurl.WRITEFUNCTION, write)
        if self._connect_to:
            curl.setopt(pycurl.CONNECT_TO, self._connect_to)
        return curl


class _Body:
    """The first bytes of a body; the rest is read and forgotten."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, chunk: bytes) -> int:
        self.data += chunk[: max(0, _BODY_BYTES - len(self.data))]
        return len(chunk)

    def words(self) -> tuple[str | None, str | None]:
        """`status` and `region` of a JSON object, where it has them."""
        try:
            parsed = json.loads(self.data)
        except ValueError:
            return None, None
        if not isinstance(parsed, dict):
            return None, None
        status, region = parsed.get("status"), parsed.get("region")
        return (status if isinstance(status, str) else None), (region if isinstance(region, str) else None)


def _close_loops(idle: "deque[_Driver]") -> None:
    """For a prober that nobody closed: its loops would complain when they are collected."""
    for driver in idle:
        driver.loop.close()


def _answer(url: str, curl: Any, body: _Body, error: str | None) -> ProbeAnswer:
    status = int(curl.getinfo(pycurl.RESPONSE_CODE)) or None
    if error is None and status is None:
        error = "no HTTP answer"
    word, region = (None, None) if error else body.words()
    return ProbeAnswer(url, None if error else status, error or "", _timings(curl), word, region)


def _timings(curl: Any) -> Timings:
    def phase(info: int) -> float | None:
        microseconds = int(curl.getinfo(info))
        return microseconds / 1000 if microseconds > 0 else None

    return Timings(
        name_lookup_ms=phase(pycurl.NAMELOOKUP_TIME_T),
        connect_ms=phase(pycurl.CONNECT_TIME_T),
        tls_ms=phase(pycurl.APPCONNECT_TIME_T),
        first_byte_ms=phase(pycurl.STARTTRANSFER_TIME_T),
        total_ms=int(curl.getinfo(pycurl.TOTAL_TIME_T)) / 1000,
    )


def _error_text(error: BaseException) -> str:
    """Curl's own words, on one line."""
    if not isinstance(error, pycurl.error):
        return "cut off, it kept no time limit"
    code, message = (*error.args, "", "")[:2]
    return " ".join(str(message).split()) or f"curl error {code}"


def http_signal(region: str, answer: ProbeAnswer, at: datetime) -> Signal:
    """What a probe says about `region`. An answer that names another region says nothing about this one."""
    state, detail = _judged(region, answer)
    return Signal(
        region=region,
        component="http",
        name=answer.url,
        vantage=Vantage.PROBE,
        state=state,
        detail=detail,
        latency_ms=round(answer.timings.total_ms, 1) if answer.status is not None else None,
        observed_at=at,
        source=f"GET {answer.url}",
    )


def _judged(region: str, answer: ProbeAnswer) -> tuple[SignalState, str]:
    if answer.status is None:
        return SignalState.BAD, f"no answer: {answer.error}"
    took = f"HTTP {answer.status} in {answer.timings.total_ms:.0f} ms"
    if not 200 <= answer.status < 400:
        return SignalState.BAD, took
    if answer.region is not None and answer.region != region:
        return SignalState.UNKNOWN, f"{took}, but {answer.region} answered"
    if answer.status_word is not None and answer.status_word.lower() in _SAYS_BAD:
        return SignalState.BAD, f"{took}, and the body says {answer.status_word[:40]}"
    return SignalState.OK, took
