"""Custom steps by hand: a function invoked, a document run, a webhook told, with what the bot would have sent. Pure.

https://docs.aws.amazon.com/cli/latest/reference/lambda/invoke.html: the answer is written to a file, and
`FunctionError` is None unless the function failed.
https://docs.aws.amazon.com/cli/latest/reference/ssm/start-automation-execution.html.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from dr_core.aws.cli import Raw, answer, asked, aws, is_
from dr_core.custom.automations import filled
from dr_core.custom.errand import Errand, Verb

NEW = 'token=by-hand-$(date +%s)-$RANDOM; echo "$token"'
"""Keeps a new token in `$token`; the same one is sent again where a command has to be repeated."""
_PLACE = "HERE-THE-TOKEN"
"""Where `$token` goes in what is quoted."""
_ANSWER = "custom-answer.json"
_DONE = """grep -q '"done" *: *true'"""
_EXECUTION = Raw('"$execution"')

TELL = r"""tell() {
  local at; at="$(date +%s)"
  local mac; mac="$(printf 'v1:%s:%s' "$at" "$1" | openssl dgst -sha256 -hmac "$DR_WEBHOOK_KEY" -r | cut -d ' ' -f 1)"
  curl --fail --silent --show-error --max-time 10 -X POST -H 'Content-Type: application/json' \
    -H "X-DR-Timestamp: $at" -H "X-DR-Signature: v1=$mac" -H "X-DR-Token: $token" -d "$1" "$2"
}"""
"""Signs a body and posts it to an address."""


def errand(step: str, told: Mapping[str, str], verb: Verb, of: Verb | None = None) -> Errand:
    """What the bot would send, but for the run and the token, which are those of a person."""
    return Errand(run="by-hand", step=step, token=_PLACE, verb=verb, of=of or verb, **told)


def invoke(
    function: str,
    region: str,
    step: str,
    told: Mapping[str, str],
    verb: Verb,
    of: Verb | None = None,
    *,
    queued: bool = False,
) -> str:
    """Invokes and prints what came back; `$failed` is None unless the function failed."""
    words = aws(
        "lambda", "invoke", "--function-name", function, *(("--invocation-type", "Event") if queued else ()),
        "--cli-binary-format", "raw-in-base64-out", "--payload", Raw(_body(errand(step, told, verb, of))),
        *asked("FunctionError"), _ANSWER, region=region,
    )  # fmt: skip
    return f"failed={answer(words)}; cat {_ANSWER}"


def says_done(check: str) -> str:
    """The condition that a check says so."""
    return f"{{ {check}; }} | {_DONE}"


def has_answered() -> str:
    """The condition that the function which was invoked last did not fail."""
    return '[ "$failed" = None ]'


def start(document: str, region: str, step: str, parameters: dict[str, str], told: Mapping[str, str]) -> str:
    """Starts a document; its execution is kept in `$execution`."""
    asked_for = errand(step, {name: value for name, value in told.items() if name != "verb"}, Verb(told["verb"]))
    given = filled(parameters, asked_for)
    more: tuple[str | Raw, ...] = ("--parameters", Raw(_quoted(json.dumps(given)))) if given else ()
    words: tuple[str | Raw, ...] = ("--document-name", document, *more, *asked("AutomationExecutionId"))
    begun = aws("ssm", "start-automation-execution", *words, region=region)
    return f'execution={answer(begun)}; echo "$execution"'


def ended_well(region: str) -> str:
    return is_(_state(region, "AutomationExecution.AutomationExecutionStatus"), "Success")


def execution(region: str) -> str:
    """Shows how the execution stands, and why it failed."""
    return _state(region, "AutomationExecution.[AutomationExecutionStatus, FailureMessage]")


def _state(region: str, query: str) -> str:
    words: tuple[str | Raw, ...] = ("--automation-execution-id", _EXECUTION, *asked(query))
    return aws("ssm", "get-automation-execution", *words, region=region)


def key(secret: str | None, region: str) -> str:
    """Puts the key that signs into `$DR_WEBHOOK_KEY` without showing it; one that is no secret, somebody must know."""
    if secret is None:
        return '[ -n "$DR_WEBHOOK_KEY" ] || read -rsp "The key that signs webhooks: " DR_WEBHOOK_KEY'
    found = aws("secretsmanager", "get-secret-value", "--secret-id", secret, *asked("SecretString"), region=region)
    return f"DR_WEBHOOK_KEY={answer(found)}"


@dataclass(frozen=True)
class Address:
    """A shell variable of one webhook's address, and the command that asks for it where the shell has none."""

    variable: str
    set: str


def address(application: str, name: str, key: str, host: str) -> Address:
    """That of `key` (url, verify or undo) in dr.yaml; the host alone is no secret, and is told."""
    variable = "__".join((application, name, key)).replace("-", "_")
    asked_for = shlex.quote(f"{key} of the webhook {name} of {application} in dr.yaml, at {host}: ")
    return Address(variable, f'[ -n "${variable}" ] || read -rp {asked_for} {variable}')


def post(to: Address, step: str, told: Mapping[str, str], verb: Verb, of: Verb | None = None) -> str:
    """Tells an address; TELL and the address's own command must stand before it."""
    return f'tell {_body(errand(step, told, verb, of))} "${to.variable}"'


def posted_and_done(check: str) -> str:
    return f"{check} | {_DONE}"


def _body(sent: Errand) -> str:
    return _quoted(sent.body().decode())


def _quoted(text: str) -> str:
    """In double quotes, with the shell's `$token` in its place."""
    for char in ("\\", '"', "$", "`"):
        text = text.replace(char, f"\\{char}")
    return f'"{text.replace(_PLACE, "$token")}"'
