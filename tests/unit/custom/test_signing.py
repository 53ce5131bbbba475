"""The signature of webhooks, as a receiver checks it."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from dr_core.custom.signing import headers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def believed(key: str, given: dict[str, str], body: bytes, now: datetime) -> bool:
    """The receiver of docs/custom-steps.md."""
    timestamp = given["X-DR-Timestamp"]
    mac = hmac.new(key.encode(), f"v1:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    fresh = abs(now.timestamp() - int(timestamp)) <= 300
    return fresh and hmac.compare_digest(given["X-DR-Signature"], f"v1={mac}")


def test_who_has_the_key_believes_it():
    assert believed("key", headers("key", b"{}", NOW), b"{}", NOW + timedelta(minutes=4))


@pytest.mark.parametrize(
    ("key", "body", "later"),
    [("other", b"{}", 0), ("key", b"{ }", 0), ("key", b"{}", 301)],
    ids=["another key", "another body", "an old request"],
)
def test_nothing_else_is_believed(key, body, later):
    assert not believed(key, headers("key", b"{}", NOW), body, NOW + timedelta(seconds=later))


def test_the_time_is_signed_too():
    given = headers("key", b"{}", NOW) | {"X-DR-Timestamp": str(int(NOW.timestamp()) + 300)}
    assert not believed("key", given, b"{}", NOW + timedelta(seconds=400))
