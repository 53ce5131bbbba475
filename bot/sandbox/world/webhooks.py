"""The team's own HTTPS addresses: they take what is signed, refuse what is not, and behave as their paths say."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from moto.secretsmanager.models import secretsmanager_backends

from bot.sandbox.world.errands import Errands, behaviour, event_of
from bot.sandbox.world.ground import Ground

KEY = "the-sandbox-signs-webhooks-with-this"
"""What DR_WEBHOOK_KEY is in the sandbox."""
WINDOW_S = 300.0

Answer = tuple[int, dict[str, Any]]


class Webhooks:
    """Signatures are checked as docs/custom-steps.md tells receivers to."""

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._regions = ground.regions
        self._timeline = ground.timeline
        self._errands = ground.part(Errands)
        hooks = [custom.webhook for app in ground.topology.applications.values() for custom in app.custom]
        named = [(url, hook.secret) for hook in hooks if hook for url in (hook.url, hook.verify, hook.undo) if url]
        self._secrets = {_key(url): secret for url, secret in named}

    def receive(self, host: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """Status and JSON; None: it gives no answer at all."""
        with self._timeline.lock:
            self._timeline.settle()
            return self._received(host, path, {name.lower(): value for name, value in headers.items()}, body)

    def _received(self, host: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        fault = self._fault(self._key_of(host, path), headers, body)
        if fault is not None:
            return 401, {"error": fault}
        event = event_of(body)
        if event is None:
            return 400, {"error": "expected dr.custom/1"}
        if event.get("verb") == "verify":
            return 200, self._errands.ask(event)
        match behaviour(path):
            case "silent":
                return None
            case "fails":
                return 422, {"error": "it was made to fail"}
        return 202, self._errands.tell(path, event)

    def _fault(self, key: str, headers: Mapping[str, str], body: bytes) -> str | None:
        at = headers.get("x-dr-timestamp", "")
        if not at.isdigit() or abs(self._timeline.now.timestamp() - int(at)) > WINDOW_S:
            return "the time is missing or too far away"
        wanted = hmac.new(key.encode(), f"v1:{at}:".encode() + body, hashlib.sha256).hexdigest()
        return None if hmac.compare_digest(f"v1={wanted}", headers.get("x-dr-signature", "")) else "not signed by us"

    def _key_of(self, host: str, path: str) -> str:
        name = self._secrets.get((host.lower(), path or "/"))
        if name is None:
            return KEY
        for region in self._regions:
            secrets = secretsmanager_backends[self._account][region]
            if name in secrets.secrets:
                return str(secrets.get_secret_value(name, "", "")["SecretString"])
        return ""


def _key(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.path or "/"
