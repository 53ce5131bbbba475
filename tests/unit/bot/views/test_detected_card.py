"""The card of a proposal says what was seen, whether that is still so, and what is prepared, as long as it waits."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.views.card import card
from commands.rendering.request import request as lines

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
SAID = {
    "signals": ("down: 2 independent vantages (probe, route53) bad", "bad: http *api*: no answer"),
    "cause_gone": "eu-central-1 is healthy since 09:00:00Z: what this was proposed for is gone.",
    "prepared": ("Prepared: shop/api in eu-west-1 at 4 (4 run)",),
}


@pytest.mark.parametrize("state", ["open", "denied"])
def test_a_proposal_says_what_it_stands_on_while_it_waits(samples: Any, state: str) -> None:
    made = samples.request(state, **SAID)
    faces = (str(card(made, None, {}, NOW).blocks), " ".join(" ".join(lines(made, NOW)).split()))
    for words in ("2 independent vantages", "is gone", "Prepared: shop/api in eu-west-1 at 4"):
        assert [words in shown for shown in faces] == [state == "open"] * 2, words


def test_what_aws_said_is_shown_as_it_is(samples: Any) -> None:
    blocks: list[Any] = list(card(samples.request(**SAID), None, {}, NOW).blocks)
    said = [block["text"] for block in blocks if "no answer" in str(block)]
    assert [text["type"] for text in said] == ["plain_text"]
