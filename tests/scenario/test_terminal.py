"""Terminals decide while Slack is down; what lies to the worker starts nothing."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import text

from dr_core.store.engine import Store
from tests.scenario import forked
from tests.scenario.conftest import Start
from tests.scenario.room import PATIENCE_S, REQUESTER, Json, Room, wait_until

pytestmark = pytest.mark.process
ACCOUNT = "111122223333"
LINUS = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/linus@example.com"
PEOPLE = {
    "{name: Ada, slack: U0ADA}": f'{{name: Ada, slack: U0ADA, aws: ["arn:aws:iam::{ACCOUNT}:user/ada"]}}',
    "{name: Grace, slack: U0GRACE}": f'{{name: Grace, slack: U0GRACE, aws: ["arn:aws:iam::{ACCOUNT}:role/grace"]}}',
    "{name: Linus, slack: U0LINUS}": (
        f'{{name: Linus, slack: U0LINUS, aws: ["{LINUS}"]}}\n'
        f'  - {{name: Robin, slack: {REQUESTER}, aws: ["arn:aws:iam::{ACCOUNT}:user/robin"]}}'
    ),
}
FORCED = ("failover", "eu-west-1", "--forced", "--reason", "Slack is down")
Done = subprocess.CompletedProcess[str]


def dr(room: Room, who: str, *words: str, **environment: str) -> Done:
    """`dr ...` with somebody's credentials; `env` has those of nobody in particular."""
    path = room.data / "env" if who == "env" else room.data / "people" / f"{who}.env"
    lines = (line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())
    own = {name: value.strip("'") for name, value in lines}
    base = {"PATH": os.environ["PATH"], "HOME": str(room.data)}
    return forked.ran(forked.TERMINAL, words, {**base, **own, **environment}, timeout=PATIENCE_S)


def asked(room: Room, who: str = REQUESTER) -> Json:
    """A forced request, opened in a terminal."""
    done = dr(room, who, *FORCED, "--json")
    assert done.returncode == 0, done.stderr
    found: Json = json.loads(done.stdout)
    return found


def approve(room: Room, who: str, request: Json, **environment: str) -> Done:
    seconds = request["loss_limit_seconds"]
    accepted = "unknown" if seconds is None else str(seconds)
    return dr(room, who, "approve", request["id"], "--accept-loss", accepted, **environment)


def refused(done: Done, *words: str, code: int = 3) -> None:
    said = done.stderr.splitlines()[-1]
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert all(word in said for word in words), said


def test_a_forced_failover_is_asked_for_and_approved_by_terminals_while_slack_is_down(start: Start) -> None:
    room = start(edits=PEOPLE)
    outage = room.fault("slack_down")
    request = asked(room)
    assert (request["requester"], request["state"], request["missing"]) == ("Robin", "open", 2)
    question = dr(room, "U0ADA", "approve", request["id"])
    refused(question, "--accept-loss", code=2)
    assert approve(room, "U0ADA", request).returncode == 0
    refused(approve(room, "U0ADA", request), "You already approved")
    refused(approve(room, REQUESTER, request), "needs the role approver")
    refused(approve(room, "env", request), "nobody in the workers' dr.yaml", "read-only")
    last = approve(room, "U0LINUS", request)
    assert last.returncode == 0, last.stderr
    assert "approved by Ada" in last.stdout
    assert "approved by Linus" in last.stdout

    def runs() -> list[Json]:
        found: list[Json] = room.json("runs")["runs"]
        return found

    ended = wait_until(runs, lambda found: found[0]["state"] not in ("pending", "running"), 60, "the end of the run")
    assert [one["state"] for one in ended] == ["succeeded"]
    assert room.world("shop")["writers"] == ["eu-west-1"]
    room.mend(outage)
    card = wait_until(room.cards, lambda cards: cards and "succeeded" in cards[-1].words, 60, "the card")[-1]
    assert "Ada" in card.words
    assert "Linus" in card.words
    helped = dr(room, "U0LINUS", "help")
    assert "Linus" in helped.stdout
    assert "dr approve REQUEST" in helped.stdout
    assert "Operations need AWS credentials" in dr(room, "env", "help").stdout


class _Liar(BaseHTTPRequestHandler):
    """An STS that tells everybody that they are Ada."""

    heard = 0

    def do_POST(self) -> None:
        type(self).heard += 1
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = (
            "<GetCallerIdentityResponse><GetCallerIdentityResult>"
            f"<Arn>arn:aws:iam::{ACCOUNT}:user/ada</Arn><Account>{ACCOUNT}</Account><UserId>AIDA</UserId>"
            "</GetCallerIdentityResult></GetCallerIdentityResponse>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Nothing."""


@pytest.fixture
def liar() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Liar)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def insert(room: Room, table: str, values: Mapping[str, object]) -> None:
    """As somebody who has the store's address would."""
    names, marks = ", ".join(f'"{name}"' for name in values), ", ".join(f":{name}" for name in values)
    store = Store(room.environment()["DATABASE_URL"])
    store.write(lambda tx: tx.conn.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), dict(values)))
    store.dispose()


def test_lies_to_the_worker_start_nothing_and_leave_a_trace(start: Start, liar: str) -> None:
    room = start(edits=PEOPLE)
    request = asked(room)

    refused(approve(room, "env", request, AWS_ENDPOINT_URL=liar), "not signed for 127.0.0.1")
    assert _Liar.heard == 0, "nobody asks the caller's own STS"

    own = room.data.parent / "mine.yaml"
    deployed = (room.data.parent / "dr.yaml").read_text(encoding="utf-8")
    own.write_text(deployed.replace("user/ada", "user/dr-terminal"), encoding="utf-8")
    refused(approve(room, "env", request, DR_CONFIG=str(own)), "user/dr-terminal is nobody in the workers' dr.yaml")

    guessed = room.data / "guessed"
    true = (room.data / "aws" / "U0ADA.credentials").read_text(encoding="utf-8")
    guessed.write_text(true.replace("aws_secret_access_key = ", "aws_secret_access_key = x"), encoding="utf-8")
    done = approve(room, "U0ADA", request, AWS_SHARED_CREDENTIALS_FILE=str(guessed))
    refused(done, "SignatureDoesNotMatch", code=4)

    claim = json.dumps({"nonce": "a" * 32, "verb": "brake on", "reason": "mine", "version": 1})
    row = {"nonce": "a" * 32, "claim": claim, "proof": "{}", "state": "pending", "answer": "", "submitted_at": 0}
    insert(room, "submission", row)

    def told() -> list[Json]:
        found: list[Json] = [one for one in room.json("audit", "list")["events"] if one["kind"] == "terminal.refused"]
        return found

    wait_until(told, lambda found: len(found) == 4, 15, "every refusal in the trail", len)
    assert room.json("status")["brake"] is False

    ack = {
        "request": request["id"], "round": 1, "person": "person:Grace", "display": "Grace", "digest": request["digest"],
        "accepted_limit_s": request["loss_limit_seconds"], "at": 0, "kind": "terminal", "proof": "{}",
    }  # fmt: skip
    insert(room, "ack", ack)
    assert approve(room, "U0ADA", request).returncode == 0
    [run] = wait_until(
        lambda: room.json("runs")["runs"], lambda found: found and found[0]["state"] == "failed", 30, "the refusal"
    )
    assert "carries no valid signature of a worker" in room.json("run", "show", run["id"])["reason"]
    assert room.calls() == []


def test_without_a_worker_a_terminal_says_so_and_leaves_nothing_behind(start: Start) -> None:
    room = start(edits=PEOPLE)
    room.fault("worker_killed")
    done = dr(room, REQUESTER, *FORCED)
    refused(done, "No worker answered within 30 s; nothing was done", code=4)
    assert any("waiting for a worker" in line for line in done.stderr.splitlines())
    room.mend()
    room.until_ready()
    assert room.json("requests")["requests"] == []
