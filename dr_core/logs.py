"""Structured logs on stderr: one JSON object a line, ours and the libraries' alike, without secrets."""

import logging
import re
import sys
from typing import Any

import structlog

_SECRET = re.compile(
    r"x(?:ox[a-z]|app)-[A-Za-z0-9-]+"
    r"|(?<=ticket=)[^&\s\"']+"
    r"|(?<=hooks/)[A-Za-z0-9/_-]+"
    r"|(?<=hooks\.slack\.com/)[A-Za-z0-9/_-]+"
    r"|(?<=://)[^\s/:@\"']*:[^\s@\"']+(?=@)"
)
"""Slack's tokens, tickets and answer addresses, and the user and password of a URL."""
_QUIET = ("alembic", "apscheduler", "aiohttp.access", "uvicorn", "botocore", "urllib3")


def configure(level: str) -> None:
    """`level`: debug, info, warning, error or critical. Called once by a process's entry point."""
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
                structlog.processors.JSONRenderer(default=str),
                without_secrets,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def without_secrets(_logger: object, _method: str, line: Any) -> str:
    """A processor of structlog, the last one: secrets are cut out of the whole line, wherever in it they stand."""
    return _SECRET.sub("[secret]", str(line))
