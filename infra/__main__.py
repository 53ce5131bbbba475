"""`python -m infra [--config dr.yaml] [--out DIR] [--size SIZE] [--examined]`: writes the templates."""

import argparse
import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

from dr_core.errors import DrError
from dr_core.topology.deployment import Size
from infra.config import read_config


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra", description="Writes the CloudFormation templates.")
    parser.add_argument("--config", type=Path, default=Path(os.environ.get("DR_CONFIG", "dr.yaml")))
    parser.add_argument("--out", type=Path, default=os.environ.get("CDK_OUTDIR", "build/cdk.out"))
    parser.add_argument("--size", type=Size, choices=list(Size), help="another one than the configuration says")
    parser.add_argument("--examined", action="store_true", help="also write what cdk-nag finds")
    given = parser.parse_args()
    try:
        config = read_config(given.config)
        config = config if given.size is None else config.sized(given.size)
    except DrError as error:
        print(error, file=sys.stderr)
        return 2
    os.environ.setdefault("JSII_NODE", str(Path(sysconfig.get_path("scripts")) / "node"))
    from infra.app import build  # not before the configuration is right, and Node is known: loading CDK starts it

    try:
        app = build(config, given.out)
    except DrError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if given.examined:
        return _examined(app, Path(given.out))
    app.synth()
    return 0


def _examined(app: Any, out: Path) -> int:
    """With findings CDK raises after everything is written; whether they are accepted is not decided here."""
    from infra.policy import nag

    nag.examine(app)
    try:
        app.synth()
    except RuntimeError:
        if not (out / nag.REPORT).exists():
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
