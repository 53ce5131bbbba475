"""What a Web API method is: a function of the desk and the arguments, and the scope it needs."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.records import Json


@dataclass(frozen=True)
class Method:
    """`run` answers the body without `ok`, or raises SlackRefusalError with a word of the method's own page.

    The page of each: https://docs.slack.dev/reference/methods/ and its name; scopes and words are from there.
    """

    run: Callable[[Desk, Arguments], Json]
    scope: str | None = None
    app_token: bool = False
