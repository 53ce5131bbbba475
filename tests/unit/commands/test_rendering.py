"""Any result as plain lines: everything a person needs at night is there, and no line is too wide."""

from datetime import timedelta

import pytest

from commands.dispatch import dispatch
from commands.registry import registry
from commands.rendering.text import render
from dr_core.reports.listing import Message


def lines_of(result, now=None) -> list[str]:
    lines = render(result, now).splitlines()
    assert all(len(line) <= 100 for line in lines), [line for line in lines if len(line) > 100]
    return lines


def test_status_reads_well(desk) -> None:
    desk.type("failover eu-west-1")
    desk.clock.advance(8)
    text = "\n".join(lines_of(desk.type("status").result))
    assert "shop: active in eu-central-1" in text
    assert "eu-west-1" in text
    assert "seen 8 s ago" in text
    assert "400 ms  limit 1 m (gate)  age 8 s  ok" in text
    assert "the last 400 ms" in text
    assert "0 of 1 ack, asked by U0REQUESTER" in text


def test_unknown_is_said_with_its_reason(desk) -> None:
    desk.clock.advance(500)
    text = "\n".join(lines_of(desk.type("status").result))
    assert "unknown" in text
    assert "not observed since 09:00:00Z" in text


def test_health_shows_signals_reasons_and_findings(desk) -> None:
    desk.observe(down=("eu-central-1",))
    text = "\n".join(lines_of(desk.type("health").result))
    assert "NOT ALL WELL" in text
    assert "eu-central-1 (active): DOWN since" in text
    assert "because 2 signals say so" in text
    assert "BAD  api http" in text


def test_a_plan_shows_planes_steps_and_digest(desk) -> None:
    report = desk.type("plan eu-west-1 --forced").result
    text = "\n".join(lines_of(report))
    assert f"digest {report.digest}" in text
    assert "leans on control plane of" in text
    assert "needs 2 acks" in text
    assert all(f"{number}." in text for number in range(1, len(report.steps) + 1))


def test_each_step_of_a_plan_says_what_it_leans_on_how_long_it_takes_and_its_way_back(desk) -> None:
    text = "\n".join(lines_of(desk.type("plan eu-west-1 --forced").result))
    flat = " ".join(text.split())
    assert "control plane of eu-central-1, the region that is left; best effort" in flat
    assert "takes about 8 m (published: an Aurora global failover was measured at about 8 minutes)" in flat
    assert "cannot be undone" in flat
    assert "undo: Scale shop/api in eu-west-1 back to 1" in flat
    assert "takes at least " in flat
    assert "never measured here" in flat
    assert text.count("Best effort: tried, and passed over") == 1


def test_a_request_and_its_run_show_who_and_when(desk) -> None:
    request = desk.type('failover eu-west-1 --reason "maintenance window"').result
    text = "\n".join(lines_of(request, desk.clock.now()))
    assert "OPEN, 1 ack missing, expires 09:15:00Z, in 15 m" in text
    assert "maintenance window" in text
    assert "Steps" in text
    approved = desk.type(f"approve {request.id}", "U0ADA").result
    text = "\n".join(lines_of(approved, desk.clock.now()))
    assert "approved by Ada" in text
    assert f"run show {approved.run}" in text
    assert "Steps" not in text, "who has decided by a plan is not shown it again"
    run = desk.type(f"run show {approved.run}").result
    text = "\n".join(lines_of(run, desk.clock.now() + timedelta(seconds=5)))
    assert "RTO: not measured (the run is not finished); objective 15 m" in text
    assert "loss: not measured (the run is not finished)" in text


@pytest.mark.parametrize(
    "words", ["requests", "runs", "audit list", "audit verify", "replication", "budget", "help", "help failover"]
)
def test_everything_else_fits_the_page(desk, words: str) -> None:
    assert lines_of(desk.type(words, "U0ADA").result)
    request = desk.type("failover eu-west-1").result
    desk.type(f"approve {request.id}", "U0ADA")
    assert lines_of(desk.type(words, "U0ADA").result)


def test_a_reason_cannot_forge_lines(desk) -> None:
    request = desk.type('failover eu-west-1 --reason "x\ny\x1b[2J"').result
    text = render(request, desk.clock.now())
    assert "\x1b" not in text
    assert "x y[2J" in text


def test_messages_are_wrapped() -> None:
    assert lines_of(Message(text="done " * 40, lines=("and more",)))[-1] == "  and more"


def test_every_command_that_looks_can_be_drawn(desk) -> None:
    """Nothing is registered that the terminal could not show."""
    terminal = [
        c
        for c in registry().commands
        if not c.operation
        and not c.bare
        and c.name not in ("doctor", "run show", "plan", "incident show", "drill show", "report after-action")
    ]
    for command in terminal:
        words = command.name.split()
        assert render(dispatch(desk.services, desk.person("U0ADA"), words).result) is not None
