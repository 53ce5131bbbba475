"""What the product itself stands on: whether the outage that it is for would take it along.

Its store's region, the machine behind DATABASE_URL, and the endpoints that it must reach in every region.
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from dr_core.readiness.examination import HERE, About, Inquiry, Subject
from dr_core.readiness.model import Check

AREA = "bot"
_RDS_HOST = re.compile(r"\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com(?:\.cn)?$")


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    control, active = subject.topology.control_region, subject.active
    yield Inquiry(
        "store-unknown", AREA, "control_region", HERE, "dr.yaml and the last observation",
        lambda: control, partial(judge_region, active),
    )  # fmt: skip
    yield Inquiry(
        "store-unknown", AREA, "store", HERE, "DATABASE_URL",
        lambda: subject.surroundings.store_host, partial(judge_store, control, active),
    )  # fmt: skip


def judge_region(active: str, control: str, about: About) -> Iterable[Check]:
    evidence = f"control_region {control}, active {active}"
    if control == active:
        message = f"The bot's own store lives in {control}, where the application is active: both may go at once."
        way_out = "Run it elsewhere, or know the runbook by heart: docs/runbook.md."
        yield about.warning("bot-in-active-region", message, evidence=evidence, way_out=way_out)
    else:
        yield about.ok("bot-in-active-region", "The bot's store does not live in the active region.", evidence=evidence)


def judge_store(control: str, active: str, host: str | None, about: About) -> Iterable[Check]:
    if host is None:
        message = "The store is a file on one machine: with that machine, requests and the trail are gone."
        way_out = "Use PostgreSQL for production (DATABASE_URL)."
        yield about.warning("store-on-one-machine", message, way_out=way_out)
        return
    match = _RDS_HOST.search(host)
    if match is None:
        yield about.unknown("store-elsewhere", f"In which region the store's host {host} stands cannot be told.")
        return
    region = match["region"]
    if region != control:
        message = f"The store stands in {region}, not in {control} as control_region says."
        yield about.warning("store-elsewhere", message, evidence=host, way_out="Correct control_region.")
    elif region == active:
        message = f"The store stands in {region}, which is active: an outage takes both."
        yield about.warning("bot-in-active-region", message, evidence=host, way_out="Move the store.")
    else:
        yield about.ok("store-elsewhere", f"The store stands in {region}.", evidence=host)
