"""Probes by hand: curl's words for a look at a health endpoint and for a write that is read back. Pure."""

import json
import shlex

_CURL = "curl --fail --silent --show-error --max-time 10"
NEW = 'token=by-hand-$(date +%s); echo "$token"'
"""Keeps a new token in `$token`: an old one that is read back proves nothing about now."""


def get(url: str) -> str:
    return f"{_CURL} {shlex.quote(url)}"


def healthy(url: str) -> str:
    return f"{get(url)} | grep -q {_pair('status', 'ok')}"


def written(url: str, *regions: str) -> str:
    """The condition that one of these regions took the write."""
    body = '-d "{\\"token\\": \\"$token\\"}"'
    sent = f"{_CURL} -X PUT -H 'Content-Type: application/json' {body} {shlex.quote(url)}"
    return f"{sent} | {_from(regions)}"


def read_back(url: str, *regions: str) -> str:
    asked = shlex.quote(f"{url}{'&' if '?' in url else '?'}token=") + '"$token"'
    return f"{_CURL} {asked} | {_from(regions)}"


def _from(regions: tuple[str, ...]) -> str:
    return "grep -q " + " ".join(f"-e {_pair('region', region)}" for region in regions)


def _pair(key: str, value: str) -> str:
    """A pattern for one pair of a JSON object, however it is spaced."""
    return shlex.quote(f"{json.dumps(key)} *: *{json.dumps(value)}")
