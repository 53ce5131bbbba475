"""Whether the artifacts of two regions are equal, from their listings and, where those prove nothing, checksums. Pure.

An entity tag that is equal proves it: a digest of the content or of its parts, or the tag of one upload that was
carried over by replication. One that differs proves nothing where either object was put in parts or with a key of KMS:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html. Checksums of the full object are compared then:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dr_core.releases.model import Match
from dr_core.releases.port import Stored, Sums

SHOWN = 3
"""How many keys a sentence names."""


@dataclass(frozen=True)
class Compared:
    """`doubtful`: keys of equal size whose entity tags differ, which only their checksums can tell apart."""

    match: Match
    why: str
    doubtful: tuple[str, ...] = ()


def fingerprint(listing: Sequence[Stored]) -> str:
    """SHA-256 over key, size and entity tag of every object in the order of the keys."""
    told = "".join(f"{one.key}\0{one.size}\0{one.tag}\n" for one in sorted(listing, key=lambda one: one.key))
    return hashlib.sha256(told.encode()).hexdigest()


def by_listing(ours: Sequence[Stored], theirs: Sequence[Stored], here: str, there: str) -> Compared:
    """What the two listings tell by themselves; `here` and `there` are their regions."""
    mine, other = {one.key: one for one in ours}, {one.key: one for one in theirs}
    if not mine and not other:
        return Compared(Match.UNKNOWN, f"nothing stands in {here} and {there}")
    missing, extra = sorted(mine.keys() - other.keys()), sorted(other.keys() - mine.keys())
    common = sorted(mine.keys() & other.keys())
    sized = [key for key in common if mine[key].size != other[key].size]
    told = [
        f"{there} lacks {named(missing)}" if missing else "",
        f"{here} lacks {named(extra)}" if extra else "",
        f"of another size in {there}: {named(sized)}" if sized else "",
    ]
    if missing or extra or sized:
        return Compared(Match.DIFFERS, "; ".join(filter(None, told)))
    doubtful = tuple(key for key in common if mine[key].tag != other[key].tag)
    if doubtful:
        return Compared(Match.UNKNOWN, f"their entity tags prove nothing: {named(doubtful)}", doubtful)
    return Compared(Match.EQUAL, f"{_counted(len(common))} with the same keys, sizes and entity tags")


def by_sums(ours: Mapping[str, Sums], theirs: Mapping[str, Sums], there: str) -> Compared:
    """What the checksums of doubtful objects tell; both have the same keys."""
    found = {key: _same(mine, theirs[key]) for key, mine in ours.items()}
    for match, told in ((Match.DIFFERS, f"other content in {there}"), (Match.UNKNOWN, "no common checksum")):
        keys = sorted(key for key, said in found.items() if said is match)
        if keys:
            return Compared(match, f"{told}: {named(keys)}", tuple(keys))
    return Compared(Match.EQUAL, f"{_counted(len(found))} by their checksums")


def _same(mine: Sums, other: Sums) -> Match:
    """Composite checksums depend on the parts: equal ones prove it, different ones nothing."""
    common = sorted(mine.values.keys() & other.values.keys())
    if any(mine.values[name] == other.values[name] for name in common) and mine.full == other.full:
        return Match.EQUAL
    if common and mine.full and other.full:
        return Match.DIFFERS
    return Match.DIFFERS if mine.tag_is_md5 and other.tag_is_md5 else Match.UNKNOWN


def _counted(number: int) -> str:
    return f"{number} object{'' if number == 1 else 's'}"


def named(keys: Sequence[str]) -> str:
    """The first few keys, and how many more there are."""
    more = len(keys) - SHOWN
    return ", ".join(keys[:SHOWN]) + (f" and {more} more" if more > 0 else "")
