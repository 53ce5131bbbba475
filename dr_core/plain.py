"""Foreign text as one line, without characters that hide or reorder what people read."""

import re

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def plain_line(text: str, longest: int | None = None) -> str:
    """`text` without control and bidirectional characters, its end cut off where it is longer."""
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return line if longest is None or len(line) <= longest else f"{line[: longest - 3]}..."
