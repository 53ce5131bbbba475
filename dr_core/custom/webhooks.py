"""Webhooks: signed requests over HTTPS, with pycurl as the probes; a redirect is a refusal."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import certifi
import pycurl
from pydantic import SecretStr

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import AwsFault, aws_errors
from dr_core.aws.sending import ask_guard
from dr_core.clock import Clock
from dr_core.custom.errand import SCHEMA, Answer, Errand, read, read_check
from dr_core.custom.redaction import host_of, one_line
from dr_core.custom.signing import headers
from dr_core.errors import DeniedError, RejectedError, ThrottledError, UnreachableError

CALL_S = 4.0
"""As long as a call of AWS at most: a lease's margin is counted by it."""
_MOST_BYTES = 65_536


class WebhookUnreachableError(AwsFault, UnreachableError):
    """A webhook did not answer, or failed inside."""


class HttpWebhooks:
    """`key` signs where a webhook names no secret of its own. `connect_to` and `ca` are the probes'."""

    def __init__(
        self,
        client_of: ClientOf,
        clock: Clock,
        *,
        key: SecretStr | None,
        connect_to: Sequence[str] = (),
        ca: Path | None = None,
    ) -> None:
        self._client_of = client_of
        self._clock = clock
        self._key = key
        self._connect_to = list(connect_to)
        self._ca = str(ca) if ca else certifi.where()

    def send(self, url: str, secret: str | None, region: str, errand: Errand) -> Answer:
        return read(self._posted(url, self._secret(secret, region), errand), who=_who(url))

    def ask(self, url: str, secret: str | None, region: str, errand: Errand) -> Answer:
        return read_check(self._posted(url, self._secret(secret, region), errand), who=_who(url))

    def _secret(self, name: str | None, region: str) -> str:
        if name is None:
            if self._key is None:
                raise DeniedError(
                    "A webhook cannot be signed: there is no key.",
                    hint="Set DR_WEBHOOK_KEY for the worker, or name the webhook's `secret`.",
                )
            return self._key.get_secret_value()
        with aws_errors("secretsmanager", region, "GetSecretValue"):
            answer = self._client_of("secretsmanager", region).get_secret_value(SecretId=name)
        if not answer.get("SecretString"):
            raise RejectedError(f"Secret {name} in {region} holds no text to sign a webhook with.")
        return str(answer["SecretString"])

    def _posted(self, url: str, key: str, errand: Errand) -> bytes:
        """The body of a good answer."""
        body = errand.body()
        named = {
            "Content-Type": "application/json",
            "User-Agent": f"dr-bot {SCHEMA}",
            "X-DR-Token": errand.token,
            **headers(key, body, self._clock.now()),
        }
        # As before each request to AWS: without a live lease nothing leaves the process.
        ask_guard()
        status, said = self._exchange(url, body, [f"{name}: {value}" for name, value in named.items()])
        if 200 <= status < 300:
            return said
        raise _refusal(status, said, _who(url))

    def _exchange(self, url: str, body: bytes, lines: list[str]) -> tuple[int, bytes]:
        curl, buffer = pycurl.Curl(), BytesIO()

        def taken(part: bytes) -> int:
            return buffer.write(part) if buffer.tell() + len(part) <= _MOST_BYTES else 0

        try:
            curl.setopt(pycurl.URL, url)
            curl.setopt(pycurl.WRITEFUNCTION, taken)
            curl.setopt(pycurl.TIMEOUT_MS, round(CALL_S * 1000))
            curl.setopt(pycurl.CONNECTTIMEOUT_MS, 2000)
            curl.setopt(pycurl.NOSIGNAL, 1)
            curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTPS)
            curl.setopt(pycurl.FOLLOWLOCATION, 0)
            curl.setopt(pycurl.CAINFO, self._ca)
            curl.setopt(pycurl.PROXY, "")
            if self._connect_to:
                curl.setopt(pycurl.CONNECT_TO, self._connect_to)
            curl.setopt(pycurl.POST, 1)
            curl.setopt(pycurl.POSTFIELDS, body)
            curl.setopt(pycurl.HTTPHEADER, [*lines, "Expect:"])
            curl.perform()
            return int(curl.getinfo(pycurl.RESPONSE_CODE)), buffer.getvalue()
        except pycurl.error as error:
            raise _unanswered(error, _who(url)) from error
        finally:
            curl.close()


_NEVER_SENT = frozenset({pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_COULDNT_CONNECT, pycurl.E_PEER_FAILED_VERIFICATION})


def _unanswered(error: pycurl.error, who: str) -> UnreachableError:
    code, why = error.args[0], error.args[1] if len(error.args) > 1 else ""
    fault = WebhookUnreachableError(f"{who} did not answer: {one_line(str(why)) or f'curl says {code}'}.")
    fault.outcome_unknown = code not in _NEVER_SENT
    return fault


def _refusal(status: int, said: bytes, who: str) -> UnreachableError | DeniedError | RejectedError:
    words = one_line(said.decode("utf-8", "replace"), 120)
    told = f"{who} answered {status}{': ' + words if words else ''}"
    if 300 <= status < 400:
        return RejectedError(f"{told}; redirects are not followed.")
    if status == 429:
        return ThrottledError(told)
    if status in (401, 403):
        return DeniedError(told)
    if status >= 500:
        fault = WebhookUnreachableError(told)
        fault.outcome_unknown = True
        return fault
    return RejectedError(told)


def _who(url: str) -> str:
    return f"Webhook {host_of(url)}"
