"""Who confirms a release names what was shown, so that the second of two does not ask for the opposite."""

import pytest

from commands.dispatch import dispatch
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.errors import ConflictError, RefusedError
from dr_core.releases.asking import UnconfirmedError
from dr_core.releases.model import Verb
from dr_core.store import releases
from dr_core.terminal.claim import Claim, new_nonce
from dr_core.terminal.claim import Verb as Typed
from tests.unit.approvals.conftest import CENTRAL, actor
from tests.unit.releases.conftest import BUCKETS, Regions


def typed(regions: Regions, *words: str) -> None:
    dispatch(regions.services, actor(regions.services.topology, "U0ADA"), [*words])


@pytest.mark.parametrize("more", [(), ("--confirm",)])
def test_a_rollback_is_a_question_until_its_colour_is_named(regions: Regions, more: tuple[str, ...]) -> None:
    regions.live_through(regions.ask(colour="green").id)
    with pytest.raises(UnconfirmedError) as caught:
        typed(regions, "release", "rollback", "shop", *more)
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("release rollback shop --to=blue --confirm")


def test_a_question_that_is_refused_is_in_the_trail_like_a_refused_release(regions: Regions) -> None:
    with pytest.raises(RefusedError, match=f"is at work in {CENTRAL}"):
        typed(regions, "release", "promote", "shop", "--to", "green", "--without", CENTRAL)
    last = regions.services.store.read(lambda tx: trail.listing(tx, chain="ops"))[-1]
    assert (last.kind, last.data["command"]) == (EventKind.COMMAND_REFUSED, "release promote")


def test_the_line_that_two_were_shown_goes_back_once(regions: Regions) -> None:
    regions.live_through(regions.ask(colour="green").id)
    line = ("release", "rollback", "shop", "--to", "blue", "--confirm")
    typed(regions, *line)
    back = regions.live_through(regions.get(_going_on(regions)).id)
    assert (back.verb, regions.live) == (Verb.ROLLBACK, dict.fromkeys(BUCKETS, "blue"))
    with pytest.raises(ConflictError, match="goes to green by now, not to blue"):
        typed(regions, *line)


@pytest.mark.parametrize("verb", [Typed.RELEASE_PROMOTE, Typed.RELEASE_ROLLBACK])
def test_a_terminal_confirms_a_colour(verb: Typed) -> None:
    with pytest.raises(ValueError, match="needs colour"):
        Claim(nonce=new_nonce(), verb=verb, application="shop", confirmed=True)


def _going_on(regions: Regions) -> str:

    return regions.services.store.read(releases.unfinished)[0].id
