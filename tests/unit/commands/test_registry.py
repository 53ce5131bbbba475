"""What is registered can be loaded, helped with, and is documented."""

import subprocess
import sys
from pathlib import Path

from commands.docs import page
from commands.parsing import parse
from commands.registry import registry

ROOT = Path(__file__).parents[3]
HEAVY = {"pydantic", "sqlalchemy", "boto3", "botocore", "alembic", "structlog", "dr_core.topology.model"}
OF_WORKERS = {"pycurl", "dns", "dr_core.plan.steps", "dr_core.terminal.verbs"}


def test_every_command_can_be_loaded() -> None:
    assert all(callable(command.load()) for command in registry().commands)


def test_every_example_parses_to_its_command() -> None:
    for command in registry().commands:
        for example in command.examples:
            words = example.format(app="shop", primary="eu-central-1", region="eu-west-1").replace('"', "")
            if "--reason" not in words:
                assert parse(words.split(), prefix="dr", json_allowed=True).command is command


def test_every_operation_asks_for_a_role() -> None:
    operations = [command for command in registry().commands if command.operation]
    assert all(command.needs.value in ("requester", "approver", "holder") for command in operations)


def test_the_page_of_commands_is_current() -> None:
    """`python -m commands.docs > docs/commands/README.md` after a change."""
    assert (ROOT / "docs" / "commands" / "README.md").read_text() == page()


def test_help_is_drawn_without_loading_what_it_does_not_need() -> None:
    code = (
        "import sys; from commands.cli import main; main(['--help']); "
        f"print(sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "dr status" in done.stdout


def test_who_only_looks_does_not_wait_for_probes_and_steps() -> None:
    code = (
        "import sys, commands.dispatch, commands.status, dr_core.bootstrap; "
        f"print(sorted(set(sys.modules) & {OF_WORKERS!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
