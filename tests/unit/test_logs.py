"""Logs of every process: one JSON object a line, the libraries' lines alike, and no secret in any of them."""

import json
import subprocess
import sys

import pytest

from dr_core.logs import without_secrets

SAID = """
import logging, structlog
from dr_core.logs import configure
configure("info")
structlog.get_logger("ours").info("connected", url="postgresql://dr:hunter2@db/dr")
logging.getLogger("theirs").warning("refused xoxb-1-secret")
logging.getLogger("urllib3").info("too much")
try:
    raise ValueError("wss://host/?ticket=secret&app=1")
except ValueError:
    logging.getLogger("theirs").exception("lost")
"""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("token xoxb-12-ab", "token [secret]"),
        ("xapp-1-A0-ff", "[secret]"),
        ("wss://host/?ticket=abc&app=1", "wss://host/?ticket=[secret]&app=1"),
        ("https://hooks.slack.com/commands/T0/1/x", "https://hooks.slack.com/[secret]"),
        ("https://hooks.test/hooks/T0/B0/x", "https://hooks.test/hooks/[secret]"),
        ("postgresql+psycopg://dr:p4:s/s@db:5432/dr", "postgresql+psycopg://[secret]@db:5432/dr"),
        ("https://example.com:8443/path?a=b", "https://example.com:8443/path?a=b"),
        ("arn:aws:rds:eu-west-1:111122223333:cluster:shop", "arn:aws:rds:eu-west-1:111122223333:cluster:shop"),
    ],
)
def test_a_secret_is_cut_out_and_nothing_else(text: str, kept: str) -> None:
    assert without_secrets(None, "info", json.dumps({"event": [text]})) == json.dumps({"event": [kept]})


def test_every_line_is_json_whoever_logs_it_and_without_secrets() -> None:
    said = subprocess.run([sys.executable, "-c", SAID], capture_output=True, text=True, check=True, timeout=60).stderr
    lines = [json.loads(line) for line in said.splitlines()]
    assert [(line["logger"], line["level"], line["event"]) for line in lines] == [
        ("ours", "info", "connected"),
        ("theirs", "warning", "refused [secret]"),
        ("theirs", "error", "lost"),
    ]
    assert "hunter2" not in said
    assert "ticket=secret" not in said
    assert "Traceback" in lines[2]["exception"]
