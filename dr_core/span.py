"""A span of time in words, the same on every face and in the sentences that they show."""


def duration(seconds: float) -> str:
    """Seconds -> `340 ms`, `4.2 s`, `1 m 12 s`, `2 h 5 m`, `3 d 4 h`; the two largest units that say something."""
    if seconds < 0:
        return "-" + duration(-seconds)
    if 0 < seconds < 0.9995:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 9.95 and seconds != int(seconds):
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for size, unit, part, small in ((3600, "m", 60, "s"), (86400, "h", 3600, "m"), (float("inf"), "d", 86400, "h")):
        if whole < size:
            count, rest = divmod(whole, part)
            fraction = rest // {"s": 1, "m": 60, "h": 3600}[small]
            return f"{count} {unit} {fraction} {small}" if fraction else f"{count} {unit}"
    raise AssertionError("every duration is shorter than infinity")
