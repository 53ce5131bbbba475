"""What verification finds, with a superuser's power over the database, and what it says it cannot find."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from dr_core.approvals.model import RequestState
from dr_core.audit.anchor import seal
from dr_core.audit.chain import GENESIS, hash_of
from dr_core.audit.verify import PlaceState
from dr_core.keys import SigningKey
from dr_core.reports.audit import tail_of
from dr_core.store import anchors
from dr_core.store.engine import Store, Tx

Superuser = Callable[..., None]


@pytest.fixture
def anchored(stage: Any) -> Any:
    """Three anchored minutes with six events in three chains, and nothing since."""
    stage.ask("r-over", RequestState.DENIED)
    for number in range(3):
        stage.note(number)
        stage.minute()
    return stage


def rewrite(store: Store, chain: str, seq: int, change: Callable[[dict[str, Any]], None]) -> list[str]:
    """The statements of a superuser who changes an event and makes everything after it fit again."""

    def work(tx: Tx) -> list[str]:
        rows = tx.conn.execute(text("SELECT seq, body FROM event WHERE chain = :c ORDER BY seq"), {"c": chain}).all()
        prev, statements = GENESIS, []
        for number, body in rows:
            content = json.loads(body)
            if number == seq:
                change(content)
            new = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            hashed = hash_of(prev, new)
            quoted = new.replace("'", "''")
            statements.append(
                f"UPDATE event SET body = '{quoted}', prev = '{prev}', hash = '{hashed}'"
                f" WHERE chain = '{chain}' AND seq = {number}"
            )
            prev = hashed
        return [*statements, f"UPDATE chain SET hash = '{prev}' WHERE name = '{chain}'"]

    return store.read(work)


def test_an_anchored_trail_verifies_and_says_how_far(anchored: Any) -> None:
    found = anchored.verdict()
    assert (found.ok, found.complete, found.first_bad) == (True, True, None)
    assert (found.anchors, found.newest_anchor, found.unanchored) == (3, 3, 0)
    assert [place.state for place in found.places] == [PlaceState.WHOLE, PlaceState.WHOLE]
    assert "0 events since anchor 3" in tail_of(found)


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["UPDATE event SET body = replace(body, '\"n\":1', '\"n\":9') WHERE chain = 'ops' AND seq = 2"], "ops/2"),
        (
            [
                "DELETE FROM event WHERE chain = 'ops' AND seq = 3",
                "UPDATE chain SET seq = 2, hash = (SELECT hash FROM event WHERE chain = 'ops' AND seq = 2)"
                " WHERE name = 'ops'",
            ],
            "ops/3: anchor 3 says that the chain goes on to 3",
        ),
        (["DELETE FROM event WHERE chain = 'r-over'", "DELETE FROM request WHERE id = 'r-over'"], "r-over"),
        (["UPDATE chain SET seq = 2 WHERE name = 'ops'"], "ops/3: the chain's end is not where its head row says"),
        (["UPDATE anchor SET body = replace(body, '\"number\":2', '\"number\":8') WHERE number = 2"], "anchor 2"),
        (["DELETE FROM anchor WHERE number = 2"], "anchor 3: does not follow anchor 1"),
        (["DELETE FROM anchor WHERE number = 1"], "anchor 2: does not follow anchor 0"),
        (["UPDATE anchor SET signature = 'AAAA' WHERE number = 2"], "anchor 2: the signature"),
        (["DELETE FROM anchor WHERE number = 3"], "anchor 3, which the store does not know"),
    ],
    ids=[
        "a changed body",
        "an event dropped at the end",
        "a dropped chain",
        "a moved head",
        "a changed anchor",
        "an anchor missing between",
        "the first anchor missing",
        "another signature",
        "the newest anchor missing",
    ],
)
def test_tampering_is_found_and_named(anchored: Any, superuser: Superuser, statements: list[str], named: str) -> None:
    superuser(anchored.store, *statements)
    found = anchored.verdict()
    assert not found.ok
    assert named in (found.first_bad or "")


def test_a_chain_that_vanishes_with_its_entry_in_the_root_chain_is_found(anchored: Any, superuser: Superuser) -> None:
    """The root chain is cut before the entry; what remains of it fits, but for the anchors."""
    superuser(
        anchored.store,
        "DELETE FROM event WHERE chain = 'ops'",
        "DELETE FROM chain WHERE name = 'ops'",
        "DELETE FROM event WHERE chain = 'root' AND seq = 2",
        "UPDATE chain SET seq = 1, hash = (SELECT hash FROM event WHERE chain = 'root' AND seq = 1)"
        " WHERE name = 'root'",
    )
    assert "root/2: anchor 1" in (anchored.verdict().first_bad or "")


def test_another_key_has_not_signed_these_anchors(anchored: Any, tmp_path: Path) -> None:
    other = SigningKey.load_or_create(tmp_path / "other.pem")
    assert anchored.verdict(key=other).first_bad == "anchor 1: the signature is not the workers' key's"


def test_a_rewrite_of_the_anchored_part_is_found_although_everything_links_again(
    anchored: Any, superuser: Superuser
) -> None:
    superuser(anchored.store, *rewrite(anchored.store, "ops", 2, lambda body: body["data"].update(n=99)))
    found = anchored.verdict()
    assert found.first_bad == "ops/2: anchor 2 says that another event stood here"


def test_a_rewrite_of_the_unanchored_tail_is_not_found_and_the_verdict_says_so(
    anchored: Any, superuser: Superuser
) -> None:
    anchored.note(7)
    superuser(anchored.store, *rewrite(anchored.store, "ops", 4, lambda body: body["data"].update(n=99)))
    found = anchored.verdict()
    assert found.ok
    assert found.unanchored == 1
    assert "1 event since anchor 3" in tail_of(found)
    assert "a database superuser can rewrite that tail unseen" in tail_of(found)


def test_a_superuser_without_the_workers_key_cannot_make_anchors_of_his_own(
    anchored: Any, superuser: Superuser, tmp_path: Path
) -> None:
    superuser(anchored.store, *rewrite(anchored.store, "ops", 2, lambda body: body["data"].update(n=99)))
    forger = SigningKey.load_or_create(tmp_path / "forger.pem")
    superuser(anchored.store, "DELETE FROM anchor")
    before, heads = None, anchored.store.read(anchors.to_cover)
    forged = seal(before, heads, {}, at=anchored.clock.now(), beyond=0, sign=forger.sign)
    anchored.store.write(lambda tx: anchors.add(tx, forged, before, heads))
    assert "anchor 1: the signature" in (anchored.verdict().first_bad or "")


def test_a_bucket_with_another_object_is_named(anchored: Any) -> None:
    anchored.places[1].objects[2] = b"{}"
    found = anchored.verdict()
    assert found.first_bad == "eu-west-1/b: its anchor 2 is not the one that the store has"


def test_a_bucket_that_lost_an_object_is_named(anchored: Any) -> None:
    del anchored.places[0].objects[2]
    assert "anchor 2 was put there and is gone" in (anchored.verdict().first_bad or "")
    anchored.places[0].objects.clear()
    assert "anchor 3 was put there and is gone" in (anchored.verdict().first_bad or "")


def test_an_unreachable_bucket_is_said_and_is_not_whole(anchored: Any) -> None:
    anchored.places[0].down = True
    found = anchored.verdict()
    assert found.ok
    assert not found.complete
    assert found.places[0].state is PlaceState.UNREACHABLE
    assert "could not be reached" in found.places[0].detail


def test_a_bucket_that_is_behind_is_no_fault(anchored: Any) -> None:
    anchored.places[0].down = True
    anchored.minute()
    anchored.places[0].down = False
    found = anchored.verdict()
    assert found.ok
    assert found.places[0].state is PlaceState.BEHIND
    assert "1 not put there yet" in found.places[0].detail


def test_without_buckets_the_verdict_says_what_a_superuser_can_still_do(anchored: Any) -> None:
    said = tail_of(anchored.verdict(places=()))
    assert "audit.anchors names no bucket, so a superuser can also cut the newest anchors off" in said


def test_without_the_public_key_signatures_are_said_to_be_unchecked(anchored: Any) -> None:
    from dr_core.audit.verify import verify

    found = verify(anchored.store, anchored.places, None, "there is no readable public key at x")
    assert found.ok
    assert not found.complete
    assert found.signatures == "not checked: there is no readable public key at x"


def test_a_store_without_anchors_says_that_nothing_is_anchored(stage: Any) -> None:
    stage.note(1)
    found = stage.verdict(places=())
    assert found.ok
    assert found.complete
    assert tail_of(found) == "No anchor was sealed yet: a database superuser can rewrite all 2 events unseen."
