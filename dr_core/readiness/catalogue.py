"""Every examination, in the order in which a failover would trip over what they find."""

from dr_core.readiness.examination import Examination
from dr_core.readiness.examinations import (
    certificates,
    database,
    drift,
    keys,
    names,
    own_house,
    parameters,
    permissions,
    posture,
    quotas,
    rehearsal,
    residency,
    secrets,
    services,
    storage,
    traffic,
)

EXAMINATIONS: tuple[Examination, ...] = (
    database.inquiries,
    services.inquiries,
    quotas.inquiries,
    permissions.inquiries,
    secrets.inquiries,
    keys.inquiries,
    traffic.inquiries,
    storage.inquiries,
    parameters.inquiries,
    names.inquiries,
    certificates.inquiries,
    own_house.inquiries,
    posture.inquiries,
    residency.inquiries,
    rehearsal.inquiries,
    drift.inquiries,
)
