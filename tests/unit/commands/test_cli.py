"""The terminal: exit codes, one line of error, JSON, no traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from commands import cli, programs

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DR_CONFIG", str(TOPOLOGIES / "shop.yaml"))
    monkeypatch.setenv("DATABASE_URL", sqlite_url)


def said(capsys: pytest.CaptureFixture[str]) -> tuple[list[str], list[str]]:
    found = capsys.readouterr()
    return found.out.splitlines(), found.err.splitlines()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["status"], 0, ""),
        (["health"], 1, ""),
        (["audit", "verify"], 0, ""),
        (["--help"], 0, ""),
        (["config", "check"], 0, ""),
        (["config", "schema"], 0, ""),
        (["failver"], 2, "There is no command `failver`"),
        (["plan"], 2, "needs REGION"),
        (["status", "warehouse"], 2, "no application `warehouse`"),
        (["run", "show", "run-none"], 2, "`dr runs` lists them"),
        (["runs", "--limit", "99999999999999999999"], 2, "at most"),
        (["failover", "eu-west-1"], 3, "without AWS credentials the terminal is read-only"),
        (["plan", "us-east-1"], 3, "outside the allowed regions"),
        (["config", "discover", "--region", "xx", "--region", "eu-west-1"], 2, "'xx' is no region"),
        (["bot", "now"], 2, "takes no argument"),
    ],
)
def test_exit_codes_and_one_line_of_error(words: list[str], code: int, error: str, capsys) -> None:
    assert cli.main(words) == code
    _, err = said(capsys)
    if error:
        [line] = err
        assert line.startswith("dr: ")
        assert error in line
    else:
        assert err == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "schema"),
    [
        (["status", "--json"], "dr.status/1"),
        (["--json", "status"], "dr.status/1"),
        (["health", "--json"], "dr.health/1"),
        (["replication", "--json"], "dr.replication/1"),
        (["requests", "--json"], "dr.requests/1"),
        (["runs", "--json"], "dr.runs/1"),
        (["audit", "list", "--json"], "dr.audit/1"),
        (["audit", "verify", "--json"], "dr.audit-verdict/1"),
        (["help", "--json"], "dr.help/1"),
        (["config", "check", "--json"], "dr.message/1"),
    ],
)
def test_json_carries_its_schema(words: list[str], schema: str, capsys) -> None:
    cli.main(words)
    assert json.loads(capsys.readouterr().out)["schema"] == schema


@pytest.mark.usefixtures("here")
def test_the_schema_of_the_configuration_is_json(capsys) -> None:
    cli.main(["config", "schema"])
    assert json.loads(capsys.readouterr().out)["type"] == "object"


@pytest.mark.usefixtures("here")
def test_an_export_is_one_object_a_line_with_or_without_json(capsys) -> None:
    cli.main(["failover", "eu-west-1"])
    capsys.readouterr()
    for words in (["audit", "export"], ["audit", "export", "--json"]):
        cli.main(words)
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [set(event) for event in events] == [{"chain", "seq", "cmd_id", "body", "prev", "hash"}] * 2


def test_a_missing_file_and_a_broken_one_are_said_without_a_traceback(monkeypatch, tmp_path: Path, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DR_CONFIG", raising=False)
    assert cli.main(["status"]) == 2
    assert "dr.yaml" in said(capsys)[1][0]
    (tmp_path / "dr.yaml").write_text("version: 1\nnonsense: [\n")
    assert cli.main(["config", "check"]) == 2
    assert all("Traceback" not in line for line in said(capsys)[1])


def test_a_store_without_tables_says_what_to_run(monkeypatch, tmp_path: Path, capsys) -> None:
    monkeypatch.setenv("DR_CONFIG", str(TOPOLOGIES / "shop.yaml"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    assert cli.main(["status"]) == 2
    assert "dr db upgrade" in said(capsys)[1][0]
    assert cli.main(["db", "upgrade"]) == 0
    assert cli.main(["db", "upgrade"]) == 0
    assert "up to date" in said(capsys)[0][-1]
    assert cli.main(["status"]) == 0


def test_a_wrong_database_url_names_the_variable(monkeypatch, capsys) -> None:
    monkeypatch.setenv("DR_CONFIG", str(TOPOLOGIES / "shop.yaml"))
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    assert cli.main(["status"]) == 2
    assert "DATABASE_URL" in said(capsys)[1][0]


@pytest.mark.parametrize(
    ("words", "program"),
    [
        (["bot"], ["bot"]),
        (["worker"], ["dr_core.worker"]),
        (["sandbox", "--port", "8081", "--config", "my topology.yaml"],
         ["bot.sandbox", "--config=my topology.yaml", "--port=8081"]),
    ],
)  # fmt: skip
def test_programs_replace_this_process(words: list[str], program: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def become(path: str, argv: list[str]) -> None:
        started.append([path, *argv])
        raise SystemExit

    monkeypatch.setattr(programs.os, "execv", become)
    with pytest.raises(SystemExit):
        cli.main(words)
    assert started == [[sys.executable, sys.executable, "-m", *program]]


def test_interrupting_is_clean(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def interrupted(_words: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)
    assert cli.main(["status"]) == 130
    assert said(capsys)[1] == ["dr: interrupted"]


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    pipeline = f"{sys.executable} -m commands.cli config schema | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", pipeline], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
