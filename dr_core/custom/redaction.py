"""What others' code says, as it may stand in the audit: one line, not long, and without what looks like a secret. Pure.

A secret that looks like nothing in particular cannot be told from a word: docs/custom-steps.md asks authors not to
print any. Where the end of a secret cannot be told, the rest of the text goes with it.
"""

import re
from urllib.parse import urlsplit

from dr_core.logs import without_secrets
from dr_core.plain import plain_line

LONGEST = 280
_CUT = "[secret]"
_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{12,}"
    r"|\b(?:gh[pousr]|github_pat)_\w{16,}"
    r"|(?i:\b(?:bearer|basic)\s+[\w.~+/=-]{8,})"
    r"|(?i:(?<=X-Amz-Signature=)\w+)",
    re.DOTALL,
)
_PAIR = re.compile(
    r"""
    (?<![\w.-])
    (?P<key>(?>[\w.-]*?  # a whole word, so that a long one is looked at once
        (?:(?P<line>authorization|cookie|passphrase)
          |passw(?:or)?d|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)
        [\w.-]*))
    (?P<is>\\*["']?(?:\[[^\]\s]{0,40}\])?\]?\s*(?:=>|[=:>])[^\S\r\n]*)
    (?:
        \[secret\](?(line)[^\r\n]*|\S*)
        |[bu]?(?:"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)+
        |(?P<escaped>\\+)(?P<quote>["'])(?:(?!(?<!\\)(?P=escaped)(?P=quote)).)*(?:(?P=escaped)(?P=quote))?
        |[{\[(].*
        |(?:[|>][-+0-9]*)?[^\S\r\n]*[\r\n].*  # a block of lines below the word
        |(?(line)[^\r\n]+|\S+)
    )
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""A word for a secret and what it is: a text in quotes (also within a text in quotes), a list, an object, a word."""


def one_line(text: str, longest: int = LONGEST) -> str:
    """`text` without secrets and control characters, its end cut off where it is longer."""
    clean = _SHAPES.sub(_CUT, without_secrets(None, "", text))
    clean = _PAIR.sub(lambda found: f"{found['key']}{found['is']}{_CUT}", clean)
    return plain_line(clean, longest)


def host_of(url: str) -> str:
    """Where a webhook leads, without what may be secret in its address: path and query."""
    return str(urlsplit(url).hostname)
