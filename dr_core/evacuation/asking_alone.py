"""How one application is asked for by itself, as somebody would type it. Pure."""

from collections.abc import Iterable

from dr_core.plan.step import Mode

ALL_THE_SAME = "To go on all the same:"
"""How a finding's way out begins to name its override."""


def command(target: str, application: str, *, source: str | None, mode: Mode, overrides: Iterable[str] = ()) -> str:
    """`failover` with everything that it needs; TEXT stands for what only a person can say."""
    words = ["failover", target, application]
    words += ["--from", source] if source is not None else []
    words += [word for code in dict.fromkeys(overrides) for word in ("--override", code)]
    words += ["--forced", "--reason", "TEXT"] if mode is Mode.FORCED else []
    return " ".join(words)


def without_override(way_out: str) -> str:
    """A finding's way out without the override that the command names."""
    return way_out.partition(ALL_THE_SAME)[0].strip()
