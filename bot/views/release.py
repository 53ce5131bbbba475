"""Releases as messages, and the modal in which an approver confirms one."""

from collections.abc import Sequence

from pydantic import JsonValue

from bot.views import message as m
from bot.views.modal import View, modal
from bot.views.text import MARKS, date, escape, marked, one_line
from commands.rendering.release import NONE, held, serving, told_of, unless_plain
from dr_core.releases.asking import Meant
from dr_core.reports.releases import ApplicationReleases, ArtifactView, ReleaseReport, ReleaseView

CONFIRM = "confirm_release"
_MATCHES = {"equal": "ok", "differs": "bad", "unknown": "unknown"}
_STATES = {
    "checking": "pending", "moving": "running", "undoing": "warning", "watching": "running", "done": "done",
    "unhealthy": "bad", "refused": "denied", "undone": "aborted", "superseded": "skipped",
    "unwatched": "unknown",
}  # fmt: skip
_TITLES = {"promote": "Promote a colour", "rollback": "Roll a release back"}
_LONGEST = 600


def releases(report: ReleaseReport) -> m.Message:
    """Each application: what serves, whether the artifacts are equal, what became of the last releases."""
    blocks = [block for one in report.applications for block in _application(one, report)]
    told = "; ".join(f"{one.name}: {serving(one.line)}" for one in report.applications)
    if not report.applications:
        return m.message(NONE, m.lines([NONE]))
    return m.message(f"Releases: {told}", m.header("Releases"), *blocks, m.context(f"As of {date(report.at)}"))


def confirm(meant: Meant, words: Sequence[str], channel: str) -> View:
    """What would be done, as it was last read; sending it repeats `words`, which confirm it."""
    before = f"from {escape(meant.came_from)} " if meant.came_from else ""
    where = escape(" and ".join(meant.regions))
    blocks = [m.section(f"*{escape(meant.application)}* {before}to *{escape(meant.colour)}* in {where}")]
    if meant.without:
        left = f"{' and '.join(meant.without)} is left out, and has to be brought along later."
        blocks.append(m.lines([f"{marked('warning')}: {left}"]))
    artifact = meant.reading.artifact(meant.colour) if meant.reading is not None else None
    if artifact is not None and not meant.without:
        said = _said(artifact.match.value, artifact.why)
        blocks.append(m.section(f"{MARKS[_MATCHES[artifact.match]]} {escape(said)}"))
    if meant.reading is not None:
        blocks.append(m.context(f"Read {date(meant.reading.at)}; read again before anything moves."))
    blocks.append(
        m.lines([
            "A worker probes the colour in each region, compares its artifact, and then moves every pointer or none.",
            "Afterwards the colour is watched. Nothing goes back by itself.",
        ])
    )  # fmt: skip
    metadata: dict[str, JsonValue] = {"words": list[JsonValue](words), "channel": channel}
    send = "Roll back" if meant.verb.value == "rollback" else "Promote"
    return modal(_TITLES[meant.verb.value], blocks, callback=CONFIRM, submit=send, metadata=metadata)


def _application(one: ApplicationReleases, report: ReleaseReport) -> list[m.Block]:
    line = one.line
    read = f"read {date(line.read_at)}" if line.read_at is not None else "not read yet"
    mark = MARKS[{True: "ok", False: "bad", None: "unknown"}[line.agree]]
    head = f"{mark} *{escape(one.name)}*: {escape(serving(line))}\n`{escape(line.pointer)}`, {read}"
    blocks = [m.section(head)]
    if line.agree is False and not line.going_on:
        told = f"{marked('warning')}: the regions differ: a failover would change what users see."
        way = f"`/dr release promote {escape(one.name)} --to COLOUR` brings them together."
        blocks.append(m.section(f"{told} {way}"))
    if line.reason:
        blocks.append(m.lines([line.reason]))
    blocks += [m.lines([_artifact(artifact) for artifact in one.artifacts])] if one.artifacts else []
    listed = [_release(release, report) for release in one.releases]
    return [*blocks, m.lines(listed or ["No release yet."])]


def _artifact(one: ArtifactView) -> str:
    return f"{MARKS[_MATCHES[one.match]]} {one.colour}: {_said(one.match, unless_plain(one))}: {held(one)}"


def _release(one: ReleaseView, report: ReleaseReport) -> str:
    return one_line(f"{MARKS[_STATES[one.state]]} {told_of(one, report.at)}", _LONGEST)


def _said(match: str, why: str) -> str:
    words = {"equal": "equal in every region", "differs": "differs between the regions", "unknown": "not known"}
    return f"{words[match]} ({one_line(why)})" if why else words[match]
