"""Structured logs on stderr: one JSON object a line, ours and the libraries' alike, without secrets."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET = re.compile(r"x(?:ox[a-z]|app)-[A-Za-z0-9-]+|(?<=ticket=)[^&\s\"']+|(?<=hooks/)[A-Za-z0-9/_-]+")
_QUIET = ("alembic", "apscheduler", "aiohttp.access", "uvicorn", "botocore", "urllib3")


def configure(level: str) -> None:
    """Once, at the start of the program."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_secrets,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_secrets(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Tokens, tickets and answer addresses are cut out of whatever text is logged."""
    return {key: _SECRET.sub("[secret]", value) if isinstance(value, str) else value for key, value in entry.items()}
