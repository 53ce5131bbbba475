"""`dr config discover`: a first draft of `dr.yaml` from what AWS has. Needs no store and no topology; only looks."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from commands.parsing import Arguments
from dr_core.aws.clients import observing_clients
from dr_core.aws.session import AwsSessions
from dr_core.clock import SystemClock
from dr_core.discovery.draft import FILL, draft
from dr_core.discovery.look import look
from dr_core.errors import RefusedError, RejectedError, UsageError
from dr_core.reports.listing import Message
from dr_core.settings import read_settings
from dr_core.topology.scalars import Region

_REGION: TypeAdapter[str] = TypeAdapter(Region)


def run(arguments: Arguments) -> Message | str:
    """The draft itself, or where it was written."""
    regions = tuple(dict.fromkeys(_region(text) for text in arguments.many("region")))
    tags = tuple(_tag(text) for text in arguments.many("tag"))
    name = arguments.text("name") or (tags[0][1] if tags else "app")
    aws = AwsSessions(regions, endpoint_url=read_settings().aws_endpoint_url)
    try:
        found = look(observing_clients(aws, None), regions, tags, SystemClock())
    finally:
        aws.close()
    text = draft(found, name)
    out = arguments.text("out")
    if out is None:
        return text.rstrip("\n")
    _write(Path(out), text)
    open_ends = sum(FILL[2:] in line for line in text.splitlines())
    lines = (f"{open_ends} lines are marked {FILL[2:]}; then run `dr config check {out}`.", *found.notes)
    return Message(text=f"{out} is written.", lines=lines, path=out)


def _region(text: str) -> str:
    """Checked as the file will be: a draft of regions that are none would be guesses about other ones."""
    try:
        return _REGION.validate_python(text)
    except ValidationError as error:
        raise UsageError(f"{text!r} is no region.", hint="Name AWS region codes such as eu-west-1.") from error


def _tag(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise UsageError(f"A tag is KEY=VALUE, got {text!r}.")
    return key, value


def _write(path: Path, text: str) -> None:
    """A new file only: a `dr.yaml` that is there is somebody's work."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise RefusedError(f"{path} exists already; nothing was written.", hint="Name another file.") from error
    except OSError as error:
        raise RejectedError(f"{path} cannot be written ({error.strerror or error}).") from error
