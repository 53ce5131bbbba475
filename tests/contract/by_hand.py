"""Runs a page's bash for real: `aws`, `curl`, `dig` and `sleep` are functions that ask this process.

`aws` is translated to botocore's service model by the rules of the AWS CLI, and refuses every word that the CLI
would refuse: https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters.html. `sleep` moves the
world's clock.
"""

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import jmespath
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dr_core.aws.sending import account_out_of_host
from dr_core.clock import ManualClock
from dr_core.custom.webhooks import HttpWebhooks
from dr_core.settings import parse_connect_to
from dr_core.verify.dns import DnsResolver, servers_from
from dr_core.verify.http import HttpProbe

FUNCTIONS = r"""
ask() {
  local here="$BY_HAND/$BASHPID-$((++asks))" given=() code
  for word in "$@"; do
    case "$word" in
      file:///dev/stdin) cat > "$here.stdin"; word="file://$here.stdin" ;;
      file://*) word="file://$PWD/${word#file://}" ;;
    esac
    given+=("$word")
  done
  printf '%s\0' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "${AWS_SESSION_TOKEN-}" "${given[@]}" > "$here.asked"
  mkfifo "$here.said"
  echo "${here##*/}" > "$BY_HAND/asked"
  read -r code < "$here.said"
  [ ! -s "$here.err" ] || cat "$here.err" >&2
  [ ! -s "$here.out" ] || cat "$here.out"
  [ "$code" != stop ] || kill $$
  return "$code"
}
aws() { ask aws "$@"; }
curl() { ask curl "$@"; }
dig() { ask dig "$@"; }
sleep() { ask sleep "$@"; }
"""
_LOOKS = 300
"""After this many a condition will not come true any more."""


class UsageRefusedError(Exception):
    """What the CLI would answer with a usage message."""


class Hands:
    """Somebody with the AWS CLI, a shell and a page."""

    def __init__(self, world_url: str, connect_to: str, ca: Path, resolver: str, clock: ManualClock) -> None:
        self._url = world_url
        host, port = resolver.split(":")
        self._dns = DnsResolver(servers_from([(host, int(port))]))
        self._http = HttpProbe(connect_to=[entry.curl for entry in parse_connect_to(connect_to)], ca=ca)
        self._hooks = HttpWebhooks(
            self._client, clock, key=None, connect_to=[entry.curl for entry in parse_connect_to(connect_to)], ca=ca
        )
        self._clock = clock
        self._folder = Path()
        self._session = boto3.session.Session()
        self._clients: dict[tuple[str, ...], Any] = {}
        self._slept = 0
        self.typed: list[list[str]] = []

    def run(self, text: str, folder: Path) -> str:
        """Run the bash of `text` in `folder`; what it printed. AssertionError when it failed or did not end."""
        os.mkfifo(folder / "asked")
        self._folder = folder
        shell = subprocess.Popen(
            ["bash"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "BY_HAND": str(folder),
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
            },
            text=True,
        )
        with _answering(folder, self._answer):
            said, _ = shell.communicate(FUNCTIONS + text, timeout=120)
        assert shell.returncode == 0, said[-3000:]
        return said

    def _answer(self, asked: list[str]) -> tuple[str, str, str]:
        """(output, errors, exit code) of one program; `stop` ends a page whose condition never comes true."""
        key, secret, token, program, *argv = asked
        self.typed.append([program, *argv])
        try:
            out = getattr(self, f"_{program}")(argv, (key, secret, token))
        except (UsageRefusedError, ClientError, BotoCoreError, OSError) as error:
            return "", f"{program}: {error}\n", "252" if isinstance(error, UsageRefusedError) else "254"
        return out, "", "stop" if self._slept > _LOOKS else "0"

    def _sleep(self, argv: list[str], *_: Any) -> str:
        self._slept += 1
        self._clock.advance(float(argv[0]))
        return ""

    def _dig(self, argv: list[str], *_: Any) -> str:
        short, name, kind = argv
        assert short == "+short"
        (said,) = self._dns.answers(name.rstrip("."), kind)
        return "".join(f"{value}\n" for value in said.values or ())

    def _curl(self, argv: list[str], *_: Any) -> str:
        """The options of the pages, and no others."""
        plain = {"--fail", "--silent", "--show-error"}
        words, options = [word for word in argv if word not in plain], dict[str, str]()
        headers = []
        while words and words[0].startswith("-"):
            headers += [words[1]] if words[0] == "-H" else []
            options[words[0]], words = words[1], words[2:]
        assert options.keys() <= {"--max-time", "-X", "-H", "-d"}
        (url,) = words
        if options.get("-X") == "POST":
            status, said = self._hooks._exchange(url, options["-d"].encode(), headers)
            if not 200 <= status < 300:
                raise OSError(f"HTTP {status}")
            return said.decode()
        reply = self._http._send(url, json.loads(options["-d"]) if "-d" in options else None)
        if reply.status not in (200, 201):
            raise OSError(reply.detail)
        return json.dumps(reply.body)

    def _aws(self, argv: list[str], credentials: tuple[str, ...]) -> str:
        service, operation, *words = argv
        written = words.pop() if (service, operation) == ("lambda", "invoke") else ""
        options = _options(words)
        if "region" not in options:
            raise UsageRefusedError("You must specify a region.")
        (region,) = options.pop("region")
        client = self._client({"s3api": "s3"}.get(service, service), region, credentials)
        for name in ("cli-connect-timeout", "cli-read-timeout", "endpoint-url"):
            options.pop(name, None)
        query, output = options.pop("query", None), options.pop("output", ["json"])[0]
        one_page = options.pop("no-paginate", None) is not None
        options.pop("cli-binary-format", None)
        names = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
        if operation not in names:
            raise UsageRefusedError(f"argument operation: Invalid choice {operation}")
        shape = client.meta.service_model.operation_model(names[operation]).input_shape
        given = json.loads(_text(options.pop("cli-input-json", ["{}"])[0]))
        given |= _parameters(shape, options)
        method = xform_name(names[operation])
        if not client.can_paginate(method) or one_page:
            answers = [getattr(client, method)(**given)]
            if written:  # the answer's body goes to a file, the rest is printed
                (self._folder / written).write_bytes(answers[0].pop("Payload").read())
        elif output == "text":  # the query is answered once a page
            answers = list(client.get_paginator(method).paginate(**given))
        else:
            answers = [client.get_paginator(method).paginate(**given).build_full_result()]
        found = [_searched(answer, query[0] if query else None) for answer in answers]
        return "".join(printed(one) if output == "text" else json.dumps(one, indent=4) + "\n" for one in found)

    def _client(self, service: str, region: str, credentials: tuple[str, ...]) -> Any:
        found = (service, region, *credentials)
        if found not in self._clients:
            key, secret, token = credentials
            self._clients[found] = self._session.client(
                service,
                region_name=region,
                endpoint_url=self._url,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                aws_session_token=token or None,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": 1},
                    s3={"addressing_style": "path"},
                    user_agent_extra="by-hand",
                ),
            )
            self._clients[found].meta.events.register("before-sign.s3-control", account_out_of_host)
        return self._clients[found]


def _searched(answer: dict[str, Any], query: str | None) -> Any:
    answer.pop("ResponseMetadata", None)
    plain = json.loads(json.dumps(answer, default=lambda value: getattr(value, "isoformat", value.__str__)()))
    return jmespath.search(query, plain) if query else plain


def _options(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            found[word[2:]] = current = []
        else:
            current.append(word)
    return found


def _parameters(shape: Any, options: dict[str, list[str]]) -> dict[str, Any]:
    members = {xform_name(name, "-"): (name, member) for name, member in shape.members.items()}
    given = {}
    for option, values in options.items():
        positive = option.removeprefix("no-") if option not in members else option
        if positive not in members:
            raise UsageRefusedError(f"Unknown options: --{option}")
        name, member = members[positive]
        given[name] = _value(member, values, option == positive)
    return given


def _value(shape: Any, values: list[str], positive: bool) -> Any:
    kind = shape.type_name
    if kind == "boolean":
        if values:
            raise UsageRefusedError(f"Unknown options: {values}")
        return positive
    if kind == "list" and shape.member.type_name != "structure":
        return values
    if kind == "list":
        return [_shorthand(shape.member, value) for value in values]
    if len(values) != 1:
        raise UsageRefusedError("expected one argument")
    text = _text(values[0])
    if kind in ("integer", "long"):
        return int(text)
    return json.loads(text) if kind in ("structure", "map") else text


def _shorthand(shape: Any, text: str) -> dict[str, Any]:
    """`Key=a,Values=b,c`: https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html."""
    pairs = re.findall(r"(\w+)=([^=]*)(?:,|$)(?=\w+=|$)", text)
    return {key: value.split(",") if shape.members[key].type_name == "list" else value for key, value in pairs}


def _text(word: str) -> str:
    return Path(word[7:]).read_text(encoding="utf-8") if word.startswith("file://") else word


def printed(found: Any) -> str:
    """`--output text`: https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html."""
    if not isinstance(found, list):
        return f"{found}\n"
    flat = [str(item) for item in found if not isinstance(item, (list, dict))]
    rows = ["\t".join(flat)] if flat else []
    return "".join(f"{row}\n" for row in rows) + "".join(printed(item) for item in found if isinstance(item, list))


@contextmanager
def _answering(folder: Path, answer: Callable[[list[str]], tuple[str, str, str]]) -> Iterator[None]:
    """A thread that answers what the shell's functions ask through the pipe `asked`, each by a pipe of its own."""

    def serve() -> None:
        # Opened for writing too, so that the reading end never sees the end of the pipe.
        with (folder / "asked").open("r+b", buffering=0) as pipe:
            waiting = b""
            while True:
                waiting += pipe.read(4096)
                *lines, waiting = waiting.split(b"\n")
                for line in lines:
                    if line == b"end":
                        return
                    _reply(folder / line.decode(), answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        (folder / "asked").write_bytes(b"end\n")
        thread.join()


def _reply(asker: Path, answer: Callable[[list[str]], tuple[str, str, str]]) -> None:
    asked = asker.with_suffix(".asked").read_text(encoding="utf-8").split("\0")[:-1]
    out, err, code = answer(asked)
    asker.with_suffix(".out").write_text(out, encoding="utf-8")
    asker.with_suffix(".err").write_text(err, encoding="utf-8")
    asker.with_suffix(".said").write_text(f"{code}\n", encoding="utf-8")
