"""How long a terminal waits before a word appears: whole processes, against the interpreter's own start."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

Row = tuple[str, float, float, str]
_RUNS = 7


def _cpu_s(arguments: list[str], environment: dict[str, str]) -> float:
    """Median CPU seconds, user and system, of a whole process."""
    samples = []
    for _ in range(_RUNS):
        before = os.times()
        subprocess.run(arguments, env=environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = os.times()
        samples.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return statistics.median(samples)


def rows() -> Iterator[Row]:
    """P5: `dr --help` against importing argparse, `dr status` against importing boto3 and SQLAlchemy, which it may."""
    from dr_core.store import migrate

    topology = Path(__file__).parents[1] / "topologies" / "shop.yaml"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/dr.db"
        migrate.upgrade(url)
        environment = {"PATH": os.environ["PATH"], "DR_CONFIG": str(topology), "DATABASE_URL": url, "HOME": folder}
        help_s = _cpu_s([sys.executable, "-m", "commands.cli", "--help"], environment)
        floor_s = _cpu_s([sys.executable, "-c", "import argparse"], environment)
        status_s = _cpu_s([sys.executable, "-m", "commands.cli", "status"], environment)
        needs_s = _cpu_s([sys.executable, "-c", "import boto3, sqlalchemy, pydantic_settings"], environment)
    yield "dr --help / interpreter", help_s / floor_s, 3.0, f"{help_s * 1000:.0f} ms of CPU, bare {floor_s * 1000:.0f}"
    yield "dr status / its libraries", status_s / needs_s, 1.6, f"{status_s:.2f} s of CPU, libraries {needs_s:.2f}"
