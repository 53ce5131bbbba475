"""What the doctor found, as lines."""

from datetime import datetime

from commands.rendering.lines import table, wrap
from commands.rendering.words import clock, plain
from dr_core.doctor.result import CheckState, DoctorReport


def doctor(report: DoctorReport, _now: datetime) -> list[str]:
    rows = [
        (
            check.state.value if check.state is CheckState.OK else check.state.value.upper(), plain(check.name),
            plain(check.detail) + (f" -> {plain(check.way_out)}" if check.way_out else ""),
        )
        for check in report.checks
    ]  # fmt: skip
    failed = sum(check.state is not CheckState.OK for check in report.checks)
    end = "Everything is ok." if not failed else f"{failed} of {len(report.checks)} checks are not ok."
    return [f"Doctor at {clock(report.at)}", *table(rows), *wrap(end)]
