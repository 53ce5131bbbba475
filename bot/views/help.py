"""Help: what this person may type, with examples."""

from bot.views import message as m
from bot.views.text import escape
from dr_core.reports.help import HelpEntry, HelpReport


def help_text(report: HelpReport) -> m.Message:
    """All commands, or one in detail when there is only one."""
    if len(report.entries) == 1:
        return _one(report, report.entries[0])
    roles = ", ".join(report.roles) or "no role"
    rows = [f"`{report.prefix} {escape(entry.usage)}`: {escape(entry.summary)}" for entry in report.entries]
    listed = [m.section("\n".join(rows[start : start + 6])) for start in range(0, len(rows), 6)]
    examples = [f"`{report.prefix} {escape(example)}`" for entry in report.entries for example in entry.examples[:1]]
    told = f"What {report.caller} may type ({roles})"
    try_these = m.section("*Examples*: " + ", ".join(examples[:8])) if examples else m.divider()
    more = m.context(f"`{report.prefix} help COMMAND` shows one in detail")
    return m.message(told, m.header("DR bot"), m.lines([told]), *listed, try_these, more)


def _one(report: HelpReport, entry: HelpEntry) -> m.Message:
    params = [f"`{escape(param.form)}`: {escape(param.summary)}" for param in entry.params]
    examples = [f"`{report.prefix} {escape(example)}`" for example in entry.examples]
    blocks = [m.section(f"`{report.prefix} {escape(entry.usage)}`\n{escape(entry.summary)}")]
    blocks += [m.section("\n".join(params))] if params else []
    blocks += [m.section("*Examples*: " + ", ".join(examples))] if examples else []
    return m.message(
        f"{report.prefix} {entry.usage}: {entry.summary}", m.header(f"{report.prefix} {entry.name}"), *blocks
    )
