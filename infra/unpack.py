"""`python -m infra.unpack`: writes the files that a container's processes read from what its task was given.

A task has no disk of its own: the topology comes packed in its definition, keys come as secrets. It runs in the image
of the bot, without CDK. `DR_FILE_<NAME>` holds a file's text, `DR_PACKED_<NAME>` what `pack` made of it; the name is in
capitals, with `_` for `-` and `.` (`DR_FILE_DR_ACK_PEM`).
"""

import base64
import gzip
import os
import sys
from collections.abc import Mapping
from pathlib import Path

FOLDER = "/run/dr"
SCRATCH = "/tmp"  # noqa: S108  a volume of the task, as the other: everything else of a container is read-only
TOPOLOGY, ACK_KEY, ACK_PUBLIC, WORKER_KEY = "dr.yaml", "dr-ack.pem", "dr-ack.pub", "dr-worker.pem"
FILES = (TOPOLOGY, ACK_KEY, ACK_PUBLIC, WORKER_KEY)


def variable(file: str, *, packed: bool = False) -> str:
    """The environment variable that brings the file."""
    return f"DR_{'PACKED' if packed else 'FILE'}_{file.upper().replace('-', '_').replace('.', '_')}"


def pack(text: str) -> str:
    """Small enough for a task's definition, and the same for the same text."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")


def unpack(environment: Mapping[str, str], folder: Path) -> list[Path]:
    """Writes what was given (mode 0600), and says what. An empty secret is an error: it would be found much later."""
    written = []
    for file in FILES:
        if (given := environment.get(variable(file))) is not None:
            text = given.strip() + "\n"
        elif (given := environment.get(variable(file, packed=True))) is not None:
            text = gzip.decompress(base64.b64decode(given)).decode("utf-8")
        else:
            continue
        if not text.strip():
            raise ValueError(f"{variable(file)} is empty")
        path = folder / file
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write("python -m infra.unpack FOLDER\n")
        return 2
    try:
        unpack(os.environ, Path(sys.argv[1]))
    except (ValueError, OSError) as error:  # what gzip and base64 raise is one or the other
        sys.stderr.write(f"infra.unpack: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
