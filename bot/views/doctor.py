"""What the doctor found: what is wrong first, each with its way out."""

from bot.views import message as m
from bot.views.text import counted, date, marked
from dr_core.doctor.result import Check, CheckState, DoctorReport

_ORDER = (CheckState.FAILED, CheckState.UNKNOWN, CheckState.WARNING, CheckState.OK)


def doctor(report: DoctorReport) -> m.Message:
    """Every check, worst first."""
    checks = sorted(report.checks, key=lambda check: _ORDER.index(check.state))
    failed = sum(1 for check in checks if check.state is CheckState.FAILED)
    told = f"{marked('ok')}: no check failed" if report.ok else f"{marked('failed')}: {counted(failed, 'check')} failed"
    texts = [_line(check) for check in checks]
    found = [m.lines(texts[start : start + 8]) for start in range(0, len(texts), 8)]
    return m.message(told, m.header("Doctor"), m.lines([told]), *found, m.context(f"As of {date(report.at)}"))


def _line(check: Check) -> str:
    way_out = f" Way out: {check.way_out}" if check.way_out else ""
    return f"{marked(check.state)}: {check.name}: {check.detail}{way_out}"
