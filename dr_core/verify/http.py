"""The write probe and the health probe, with pycurl: through the public name, with the configured trust and routes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import certifi
import pycurl

from dr_core.verify.port import ProbeResult

_BODY_BYTES = 65_536
"""No answer that counts is longer; what comes after is read and forgotten."""


@dataclass(frozen=True)
class _Reply:
    """Status 0: there was no answer, `detail` says why."""

    status: int
    body: dict[str, Any]
    latency_ms: float | None
    detail: str


class HttpProbe:
    """`connect_to` holds curl's connect-to entries; `ca` a PEM bundle, None for certifi's."""

    def __init__(self, *, connect_to: Sequence[str] = (), ca: Path | None = None, timeout_s: float = 5.0) -> None:
        self._connect_to = list(connect_to)
        self._ca = str(ca) if ca else certifi.where()
        self._timeout_ms = round(timeout_s * 1000)

    def write_and_read(self, url: str, token: str) -> ProbeResult:
        written = self._send(url, {"token": token})
        if written.status not in (200, 201) or written.body.get("token") != token:
            return ProbeResult(False, _region(written), written.latency_ms, f"write: {_said(written)}")
        read = self._send(f"{url}{'&' if '?' in url else '?'}token={quote(token)}", None)
        if read.status != 200 or read.body.get("token") != token:
            return ProbeResult(False, _region(written), written.latency_ms, f"written, but read back: {_said(read)}")
        if _region(written) is None or _region(read) != _region(written):
            said = f"written in {_region(written)}, read back from {_region(read)}"
            return ProbeResult(False, None, written.latency_ms, said)
        return ProbeResult(True, _region(written), written.latency_ms, f"written and read back in {_region(written)}")

    def health(self, url: str) -> ProbeResult:
        reply = self._send(url, None)
        ok = reply.status == 200 and reply.body.get("status") == "ok"
        return ProbeResult(ok, _region(reply), reply.latency_ms, "ok" if ok else _said(reply))

    def read(self, url: str) -> ProbeResult:
        """One GET of whatever stands there; `ok` below 400."""
        reply = self._send(url, None)
        return ProbeResult(0 < reply.status < 400, _region(reply), reply.latency_ms, _said(reply))

    def _send(self, url: str, document: dict[str, str] | None) -> _Reply:
        """PUT of `document`, or GET when there is none."""
        curl, buffer = pycurl.Curl(), BytesIO()

        def taken(part: bytes) -> int:
            buffer.write(part[: _BODY_BYTES - buffer.tell()])
            return len(part)

        try:
            curl.setopt(pycurl.URL, url)
            curl.setopt(pycurl.WRITEFUNCTION, taken)
            curl.setopt(pycurl.TIMEOUT_MS, self._timeout_ms)
            curl.setopt(pycurl.CONNECTTIMEOUT_MS, self._timeout_ms)
            curl.setopt(pycurl.NOSIGNAL, 1)
            curl.setopt(pycurl.CAINFO, self._ca)
            # A proxy of this machine would answer for the public name in its place.
            curl.setopt(pycurl.PROXY, "")
            if self._connect_to:
                curl.setopt(pycurl.CONNECT_TO, self._connect_to)
            if document is not None:
                curl.setopt(pycurl.CUSTOMREQUEST, "PUT")
                curl.setopt(pycurl.POSTFIELDS, json.dumps(document))
                curl.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json"])
            curl.perform()
            status, seconds = curl.getinfo(pycurl.RESPONSE_CODE), curl.getinfo(pycurl.TOTAL_TIME)
        except pycurl.error as error:
            return _Reply(0, {}, None, f"no answer ({error.args[1] or error.args[0]})")
        finally:
            curl.close()
        return _Reply(status, _document(buffer.getvalue()), seconds * 1000, f"HTTP {status}")


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _region(reply: _Reply) -> str | None:
    region = reply.body.get("region")
    return region if isinstance(region, str) else None


def _said(reply: _Reply) -> str:
    return f"{reply.detail} from {_region(reply)}" if _region(reply) else reply.detail
