"""A TLS handshake as clients make it: with the configured trust and routes, and nothing sent after it."""

import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certifi

from dr_core.errors import RejectedError, UnreachableError
from dr_core.readiness.surroundings import Handshake, ServedCertificate
from dr_core.settings import ConnectTo

TIMEOUT_S = 4.0


def handshakes(connect_to: Sequence[ConnectTo], ca: Path | None) -> Handshake:
    """How certificates are asked for; `connect_to` and `ca` as the probes have them."""
    context = ssl.create_default_context(cafile=str(ca or certifi.where()))

    def shake(name: str, host: str, port: int) -> ServedCertificate:
        to_host, to_port = routed(connect_to, host, port)
        try:
            with (
                socket.create_connection((to_host, to_port), timeout=TIMEOUT_S) as plain,
                context.wrap_socket(plain, server_hostname=name) as secure,
            ):
                return _certificate(secure)
        except ssl.SSLCertVerificationError as error:
            raise RejectedError(f"{name} at {host}:{port}: {error.verify_message}.") from error
        except (OSError, ValueError) as error:
            raise UnreachableError(f"{host}:{port} gave no TLS handshake ({type(error).__name__}).") from error

    return shake


def routed(connect_to: Sequence[ConnectTo], host: str, port: int) -> tuple[str, int]:
    """Where a connection to `host:port` goes: the first entry that fits, as curl's connect-to is read."""
    for entry in connect_to:
        if entry.host.lower() in ("", host.lower()) and entry.port in (None, port):
            return entry.to_host.strip("[]") or host, entry.to_port or port
    return host, port


def _certificate(secure: ssl.SSLSocket) -> ServedCertificate:
    seen: dict[str, Any] = dict(secure.getpeercert() or {})
    issuer = {str(key): str(value) for part in seen.get("issuer", ()) for key, value in part}
    ends = ssl.cert_time_to_seconds(str(seen["notAfter"]))
    named = issuer.get("organizationName") or issuer.get("commonName") or "an issuer without a name"
    return ServedCertificate(datetime.fromtimestamp(ends, UTC), str(named))
