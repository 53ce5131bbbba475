"""`python -m infra [--config dr.yaml] [--out DIR]`: writes the templates, for the CDK CLI, too."""

import argparse
import os
import sys
import sysconfig
from pathlib import Path

from dr_core.errors import DrError
from infra.config import read_config


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra", description="Writes the CloudFormation templates.")
    parser.add_argument("--config", type=Path, default=Path(os.environ.get("DR_CONFIG", "dr.yaml")))
    parser.add_argument("--out", type=Path, default=os.environ.get("CDK_OUTDIR", "build/cdk.out"))
    given = parser.parse_args()
    try:
        config = read_config(given.config)
    except DrError as error:
        print(error, file=sys.stderr)
        return 2
    os.environ.setdefault("JSII_NODE", str(Path(sysconfig.get_path("scripts")) / "node"))
    from infra.app import build  # not before the configuration is right, and Node is known: loading CDK starts it

    build(config, given.out).synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
