"""The signature of a webhook: who has the key can tell that a request is ours, unchanged and not an old one. Pure.

`X-DR-Signature: v1=HEX`, where HEX is HMAC-SHA256 with the key over `v1:TIMESTAMP:BODY`, TIMESTAMP that of the header
`X-DR-Timestamp` (seconds since 1970), BODY the bytes that were sent. A receiver takes none older than five minutes.
"""

import hashlib
import hmac
from datetime import datetime

_VERSION = "v1"


def headers(key: str, body: bytes, now: datetime) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    return {"X-DR-Timestamp": timestamp, "X-DR-Signature": f"{_VERSION}={_mac(key, timestamp, body)}"}


def _mac(key: str, timestamp: str, body: bytes) -> str:
    return hmac.new(key.encode(), f"{_VERSION}:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
