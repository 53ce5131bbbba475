"""Two artifacts are equal only where that is proven."""

import pytest

from dr_core.releases.compare import by_listing, by_sums, fingerprint
from dr_core.releases.model import Match
from dr_core.releases.port import Stored, Sums

A, B, C, D, E = (Stored(name, 1, f"tag-{name}") for name in "abcde")
OTHER_TAG, OTHER_SIZE = Stored("a", 1, "tag-2"), Stored("a", 2, "tag-a")
MD5, PARTS = True, False


@pytest.mark.parametrize(
    ("ours", "theirs", "match", "why"),
    [
        pytest.param((A, B), (B, A), Match.EQUAL, "2 objects with the same keys", id="in whichever order"),
        pytest.param((A, B), (A,), Match.DIFFERS, "there lacks b", id="not copied yet"),
        pytest.param((A,), (A, B), Match.DIFFERS, "here lacks b", id="left over there"),
        pytest.param((A, B, C, D, E), (), Match.DIFFERS, "there lacks a, b, c and 2 more", id="the first few"),
        pytest.param((A,), (OTHER_SIZE,), Match.DIFFERS, "of another size in there: a", id="another size"),
        pytest.param((A,), (OTHER_TAG,), Match.UNKNOWN, "prove nothing: a", id="another tag proves nothing"),
    ],
)
def test_listings_tell_what_they_can(
    ours: tuple[Stored, ...], theirs: tuple[Stored, ...], match: Match, why: str
) -> None:
    found = by_listing(ours, theirs, "here", "there")
    assert found.match is match
    assert why in found.why
    assert bool(found.doubtful) is (match is Match.UNKNOWN)


def test_nothing_on_either_side_proves_nothing() -> None:
    found = by_listing((), (), "here", "there")
    assert (found.match, found.why, found.doubtful) == (Match.UNKNOWN, "nothing stands in here and there", ())


def sums(value: str = "1", *, name: str = "SHA256", full: bool = True, md5: bool = PARTS) -> Sums:
    return Sums({name: value} if value else {}, full, md5)


@pytest.mark.parametrize(
    ("ours", "theirs", "match"),
    [
        pytest.param(sums(), sums(), Match.EQUAL, id="the same of the full object"),
        pytest.param(sums(), sums("2"), Match.DIFFERS, id="another of the full object"),
        pytest.param(sums(full=False), sums(full=False), Match.EQUAL, id="the same of the same parts"),
        pytest.param(sums(full=False), sums("2", full=False), Match.UNKNOWN, id="perhaps other parts"),
        pytest.param(sums(full=False), sums(), Match.UNKNOWN, id="one of parts, one of the whole"),
        pytest.param(sums(), sums(name="CRC32"), Match.UNKNOWN, id="no algorithm in common"),
        pytest.param(sums(""), sums(""), Match.UNKNOWN, id="none at all"),
        pytest.param(sums("", md5=MD5), sums("", md5=MD5), Match.DIFFERS, id="tags that are digests, and differ"),
        pytest.param(sums("", md5=MD5), sums(""), Match.UNKNOWN, id="one tag that is none"),
    ],
)
def test_checksums_prove_or_say_nothing(ours: Sums, theirs: Sums, match: Match) -> None:
    found = by_sums({"a": ours}, {"a": theirs}, "there")
    assert found.match is match
    assert bool(found.doubtful) is (match is not Match.EQUAL)


def test_one_object_that_differs_is_told_before_those_that_are_not_known() -> None:
    ours, theirs = {"a": sums(""), "b": sums()}, {"a": sums(""), "b": sums("2")}
    assert by_sums(ours, theirs, "there").match is Match.DIFFERS


def test_a_fingerprint_changes_with_every_key_size_and_tag_and_with_nothing_else() -> None:
    assert fingerprint((A, B)) == fingerprint((B, A))
    others = [(), (A,), (OTHER_TAG, B), (OTHER_SIZE, B), (A, C)]
    assert len({fingerprint((A, B)), *(fingerprint(one) for one in others)}) == 6
