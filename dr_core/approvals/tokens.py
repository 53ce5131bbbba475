"""What a button carries: one opaque token that stands for (request, action, round)."""

from dataclasses import dataclass

from dr_core.approvals.names import new_token
from dr_core.errors import NotFoundError
from dr_core.store import requests
from dr_core.store.engine import Tx

ACTIONS = ("approve", "deny", "cancel", "renew", "details", "pause", "resume", "abort")


@dataclass(frozen=True)
class TokenUse:
    request_id: str
    action: str
    round: int


def issue(tx: Tx, request_id: str, round_: int) -> None:
    """Make the tokens of a round."""
    requests.add_buttons(tx, request_id, round_, {action: new_token() for action in ACTIONS})


def tokens(tx: Tx, request_id: str, round_: int) -> dict[str, str]:
    """action -> token of a round, for the card."""
    return requests.buttons(tx, request_id, round_)


def resolve(tx: Tx, token: str) -> TokenUse:
    """What a pressed button meant; NotFoundError for a token that was never given out."""
    found = requests.button_of(tx, token)
    if found is None:
        raise NotFoundError("That button is not one of mine.", hint="Use the buttons on the request's card.")
    return TokenUse(*found)
