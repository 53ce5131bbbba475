"""`make bench`: figures with their bars, each a ratio taken in one run, because machines differ and are noisy."""

import sys

from tests.bench import audit, probes, start

BENCHES = (start.rows, probes.rows, audit.rows)


def main() -> int:
    """Write a row a figure; 1 when a bar is missed."""
    missed = 0
    for bench in BENCHES:
        for name, measured, bar, note in bench():
            within = measured <= bar
            missed += not within
            word = "ok    " if within else "MISSED"
            sys.stdout.write(f"{word}  {name:<44} {measured:>8.2f}  bar {bar:<6g}  {note}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
