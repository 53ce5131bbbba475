"""The system's Chromium: where it is and how it is started."""

import shutil
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
]  # fmt: skip


def launching() -> dict[str, Any]:
    """What Playwright's `launch` is given."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    assert path is not None, "Chromium is missing: install it with the system's package manager"
    return {"executable_path": path, "args": _FLAGS}
