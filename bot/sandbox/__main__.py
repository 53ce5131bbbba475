"""`python -m bot.sandbox`: the whole product in a local world, with one command."""

import argparse
import json
import logging
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from bot.sandbox.processes import Launch, launched
from bot.sandbox.world import shared_models
from dr_core.errors import DrError
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology

EXAMPLE = Path(__file__).with_name("example.yaml")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError
    return port


def _speed(text: str) -> float:
    speed = float(text)
    if not math.isfinite(speed) or speed <= 0:
        raise ValueError
    return speed


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 20:
        raise ValueError
    return count


def _policies(text: str) -> dict[str, list[dict[str, Any]]]:
    found = json.loads(Path(text).read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dr sandbox", description="Simulated AWS, a local Slack, the bot and the worker."
    )
    parser.add_argument("--config", type=Path, default=EXAMPLE, metavar="FILE", help="topology (default: the example)")
    parser.add_argument("--port", type=_port, default=8080, metavar="N", help="of the page, 0 for any (default: 8080)")
    parser.add_argument("--speed", type=_speed, default=60.0, metavar="X", help="of simulated services (default: 60)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the store lives (default: a temporary folder)")
    parser.add_argument("--store", metavar="URL", help="of an empty database (default: an SQLite file in --data)")
    parser.add_argument("--bots", type=_count, default=1, metavar="N", help="replicas of the bot (default: 1)")
    parser.add_argument("--workers", type=_count, default=1, metavar="N", help="replicas of the worker (default: 1)")
    parser.add_argument(
        "--unbuilt", action="store_true", help="nothing stands or runs yet: deploy it, then end the faults"
    )
    parser.add_argument(
        "--iam", type=_policies, metavar="FILE", help="enforce these policies, as python -m infra.iam prints them"
    )
    return parser


def main(argv: list[str] | None = None, *, launch: Launch = launched) -> int:
    """Run until stopped; 0 when stopped, 2 for a wrong command line, configuration or port."""
    try:
        asked = _parser().parse_args(argv)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 2
    try:
        topology = load_topology(asked.config)
        if asked.data is not None:
            return _run(asked, topology, asked.data, launch)
        with tempfile.TemporaryDirectory(prefix="dr-sandbox-") as folder:
            return _run(asked, topology, Path(folder), launch)
    except DrError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _run(asked: argparse.Namespace, topology: Topology, data: Path, launch: Launch) -> int:
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    lines = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(filename=logs / "sandbox.log", level=logging.INFO, format=lines)
    shared_models.share()
    # Imports moto.
    from bot.sandbox.launch import Options, start

    options = Options(
        asked.config.resolve(),
        topology,
        asked.port,
        asked.speed,
        data.resolve(),
        store=asked.store,
        bots=asked.bots,
        workers=asked.workers,
        launch=launch,
        policies=asked.iam,
        built=not asked.unbuilt,
    )
    return start(options)


if __name__ == "__main__":
    sys.exit(main())
