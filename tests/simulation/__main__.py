"""`python -m tests.simulation --seed N [--runs K] [--verbose]`: simulate seeds from N on, and tell what went wrong."""

import argparse
import sys
import time
from collections import Counter

from tests.simulation.hall import simulations


def main() -> int:
    """1 when an invariant did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=1, help="at least so many runs of plans")
    parser.add_argument("--verbose", action="store_true", help="print the timeline of every seed")
    options = parser.parse_args()
    began, states, wrong, seeds = time.process_time(), Counter[str](), 0, 0
    for outcome in simulations(options.seed, options.runs):
        seeds += 1
        states.update(outcome.runs)
        if outcome.violations or options.verbose:
            sys.stdout.writelines(f"{line}\n" for line in outcome.told())
        wrong += bool(outcome.violations)
        sys.stdout.writelines(f"  VIOLATED by seed {outcome.seed}: {found}\n" for found in outcome.violations)
    spent = time.process_time() - began
    runs = sum(states.values())
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    sys.stdout.write(f"{seeds} seeds, {runs} runs ({told}), {wrong} seeds violate; {spent:.1f} CPU s")
    sys.stdout.write(f", {1000 * spent / max(1, runs):.1f} ms a run\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
