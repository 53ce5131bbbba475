"""The bundle of ports with the few that a test gives; asking any other is an error of the test."""

from dataclasses import fields
from typing import Any

from dr_core.plan.ports import Ports


def some_ports(**given: Any) -> Ports:
    return Ports(**{field.name: given.get(field.name) for field in fields(Ports)})
