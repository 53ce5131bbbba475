"""`/dr readiness`: what blocks first, each with its evidence and way out; and the line that tells of a change."""

from pydantic import JsonValue

from bot.views import message as m
from bot.views.text import MARKS, counted, date, escape, marked, one_line
from commands.rendering.readiness import counts, findings, named, verdict
from commands.rendering.words import aged
from dr_core.reports.readiness import ApplicationReadiness, CheckView, ReadinessReport, unanswered

_MOST_FINDINGS = 24
_MOST_UNKNOWN = 6
_LINES_A_BLOCK = 6
_NAMED = 3
_MOST_IN_FULL = 4
_NAMES_A_BLOCK = 10
_MOST_BLOCKS = 46
_MOST_TEXT = m.LONGEST_BLOCKS - 300
"""Of details: the header, the last line and the one that counts what is left out have to fit in as well."""


def readiness(report: ReadinessReport) -> m.Message:
    """Every application; informative findings are counted, and listed in a terminal.

    Of many applications each has its verdict first, the worst at the top, and details as far as Slack takes them.
    """
    apps = sorted(report.applications, key=_worst_first)
    told = "; ".join(f"{app.name}: {verdict(app)}" for app in apps)
    blocks = _overview(apps) if len(apps) > _MOST_IN_FULL else []
    for number, app in enumerate(apps):
        more = _application(app)
        if len(blocks) + len(more) > _MOST_BLOCKS or m.characters([*blocks, *more]) > _MOST_TEXT:
            left = counted(len(apps) - number, "application")
            blocks.append(m.context(f"Details of {left} are left out: `/dr readiness APP` shows them"))
            break
        blocks += more
    return m.message(told, m.header("Readiness"), *blocks, m.context(f"As of {date(report.at)}"))


def _worst_first(app: ApplicationReadiness) -> int:
    return (False, None, True).index(app.ready)


def _overview(apps: list[ApplicationReadiness]) -> list[m.Block]:
    texts = [f"{_mark(app)} {app.name}: {verdict(app)}" for app in apps]
    return [m.lines(texts[at : at + _NAMES_A_BLOCK]) for at in range(0, len(texts), _NAMES_A_BLOCK)]


def _mark(app: ApplicationReadiness) -> str:
    """Without its word: the verdict follows."""
    return MARKS["unknown" if app.ready is None else "ok" if app.ready else "blocking"]


def changed(data: dict[str, JsonValue]) -> str:
    """One line for the channel: what blocks now and did not before, what no longer does, and what nobody could see."""
    application = str(data.get("application", ""))
    appeared, gone, lost = (_entries(data.get(key)) for key in ("appeared", "gone", "forgotten"))
    left = data.get("blocking")
    parts = []
    if appeared:
        parts.append(f"{marked('blocking')}: a failover of {application} would be blocked: {'; '.join(appeared)}")
    if gone:
        parts.append(
            f"{'no longer' if appeared else marked('ok') + f': {application} no longer has'}: {'; '.join(gone)}"
        )
    if lost:
        parts.append(
            f"{marked('unknown')}: {application} could not be looked at for a day, and this is not counted any more: "
            f"{'; '.join(lost)}"
        )
    if isinstance(left, int):
        nothing = "nothing else blocks now" if lost else "nothing blocks now"
        parts.append(f"{counted(left, 'blocking finding')} now" if left else nothing)
    return one_line(". ".join(parts) + ". /dr readiness tells more", 900)


def _entries(value: JsonValue) -> list[str]:
    listed = [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
    texts = [f"{entry.get('message', '')} [{entry.get('code', '')}]" for entry in listed[:_NAMED]]
    more = len(listed) - len(texts)
    return [*texts, f"{more} more"] if more > 0 else texts


def _application(app: ApplicationReadiness) -> list[m.Block]:
    made = f"preflight {aged(app.age_seconds)}; {counts(app)}" if app.at else "no worker has made one yet"
    blocks = [m.section(f"*{escape(app.name)}*: {_mark(app)} {escape(verdict(app))}\n{escape(made)}")]
    shown = [check for check in findings(app) if check.severity != "info"]
    infos = len(findings(app)) - len(shown)
    texts = [_line(check) for check in shown[:_MOST_FINDINGS]]
    if len(shown) > _MOST_FINDINGS:
        texts.append(f"\N{HORIZONTAL ELLIPSIS} {counted(len(shown) - _MOST_FINDINGS, 'more finding')}")
    groups = list(unanswered(app).items())
    for (region, reason), checks in groups[:_MOST_UNKNOWN]:
        texts.append(f"{marked('unknown')}{f' {region}' if region else ''}: {reason} ({named(checks)})")
    if len(groups) > _MOST_UNKNOWN:
        texts.append(
            f"\N{HORIZONTAL ELLIPSIS} {counted(len(groups) - _MOST_UNKNOWN, 'more reason')} why something is unknown"
        )
    if infos:
        texts.append(f"{marked('info')}: {counted(infos, 'hint')} more; in a terminal, dr readiness lists them")
    return blocks + [m.lines(texts[at : at + _LINES_A_BLOCK]) for at in range(0, len(texts), _LINES_A_BLOCK)]


def _line(check: CheckView) -> str:
    where = f" {check.region}" if check.region else ""
    way_out = f" Way out: {check.way_out}" if check.way_out else ""
    seen = f"{check.evidence}; " if check.evidence else ""
    seen += f"{check.source}, {aged(check.age_seconds)}"
    return f"{marked(check.severity)}{where} [{check.code}] {check.message}{way_out} ({seen})"
