"""AWS's service models in a test process: one reader for all sessions, and nothing that walks through them again."""

from functools import partial
from typing import Any

import botocore.session
from botocore.loaders import JSONFileLoader, Loader

from bot.sandbox.world import shared_models
from dr_core.aws import session
from tests.unwatched import unwatched


def keep() -> None:
    """Call it before moto is imported. The models are megabytes of JSON, and they stay as long as the process."""
    Loader.FILE_LOADER_CLASS = _Reader
    shared_models.share()
    # With the argument of botocore's own sessions: the reader is theirs.
    session.create_loader = partial(botocore.session.create_loader, None)  # type: ignore[attr-defined]


class _Reader(JSONFileLoader):  # type: ignore[misc]  # botocore has no types
    def load_file(self, file_path: str) -> Any:
        with unwatched():
            return super().load_file(file_path)
