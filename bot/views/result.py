"""Any command's result as a message: the view that fits it, or its plain lines where none does."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from bot.views import after_action, card, evacuation_modals, evacuation_plan, health, incident, listing, status
from bot.views import message as m
from bot.views.brake import brake
from bot.views.budget import budget
from bot.views.doctor import doctor
from bot.views.drill import drill, history
from bot.views.help import help_text
from bot.views.plan import plan
from bot.views.readiness import readiness
from bot.views.reconcile import reconciliations
from bot.views.release import releases
from bot.views.replication import replication
from bot.views.run import run
from commands.rendering.text import render
from dr_core.doctor.result import DoctorReport
from dr_core.reports.after_action import AfterAction
from dr_core.reports.audit import AuditList, AuditVerdict
from dr_core.reports.brake import BrakeReport
from dr_core.reports.costs import BudgetReport
from dr_core.reports.drills import DrillsReport, DrillView
from dr_core.reports.evacuation import EvacuationView
from dr_core.reports.evacuation_plan import EvacuationPlan
from dr_core.reports.health import HealthReport
from dr_core.reports.help import HelpReport
from dr_core.reports.incidents import IncidentList, IncidentView
from dr_core.reports.listing import Message, ReplicationReport, RequestList, RunList
from dr_core.reports.model import PlanReport, RequestView, RunView, StatusReport
from dr_core.reports.readiness import ReadinessReport
from dr_core.reports.reconciliations import ReconciliationList
from dr_core.reports.releases import ReleaseReport
from dr_core.reports.reviews import ReviewList

_VIEWS: dict[type[BaseModel], Callable[[Any], m.Message]] = {
    StatusReport: status.status,
    HealthReport: health.health,
    ReplicationReport: replication,
    BudgetReport: budget,
    ReadinessReport: readiness,
    PlanReport: plan,
    EvacuationView: evacuation_modals.answer,
    EvacuationPlan: evacuation_plan.plan,
    RunView: run,
    RequestList: listing.requests,
    RunList: listing.runs,
    BrakeReport: brake,
    ReviewList: listing.reviews,
    ReconciliationList: reconciliations,
    ReleaseReport: releases,
    DrillView: drill,
    DrillsReport: history,
    IncidentView: incident.answer,
    AfterAction: after_action.after_action,
    IncidentList: incident.incidents,
    AuditList: listing.audit,
    AuditVerdict: listing.verdict,
    DoctorReport: doctor,
    HelpReport: help_text,
    Message: listing.sentence,
}


def draw(result: BaseModel) -> m.Message:
    """The message of a result."""
    if isinstance(result, RequestView):
        told = card.confirmation(result)
        return m.message(told, m.lines([told]))
    view = _VIEWS.get(type(result))
    if view is not None:
        return view(result)
    shown = render(result)
    return m.message(shown, m.preformatted(shown))
