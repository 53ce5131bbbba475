"""Whether an application's markers say that its code must not be applied now: they are what pipelines look at, too."""

from collections.abc import Iterator
from dataclasses import dataclass

from dr_core.errors import DrError, RefusedError, UnreachableError
from dr_core.freeze.port import Markers, parameter
from infra.config import Config


@dataclass(frozen=True)
class Marked:
    """One marker. `stands` None: it could not be read, and `problem` says why."""

    application: str
    region: str
    stands: bool | None
    problem: str = ""

    @property
    def sentence(self) -> str:
        where = f"{parameter(self.application)} in {self.region}"
        if self.stands is None:
            return f"{where} could not be read: {self.problem}"
        return f"{self.application} is frozen: {where} stands" if self.stands else f"{where} does not stand"


def markers(config: Config, port: Markers) -> Iterator[Marked]:
    """Every application that is deployed, in each of its regions."""
    for name, app in config.applications.items():
        for region in app.regions:
            try:
                there = port.read(app.account, parameter(name), region)
            except DrError as error:
                yield Marked(name, region, None, error.message)
            else:
                yield Marked(name, region, there is not None)


def refuse_frozen(found: list[Marked]) -> None:
    """RefusedError where a marker stands; UnreachableError where one could not be read: it might.

    A run moved the application: templates that call another region its primary may undo that, or detach the database.
    """
    if standing := [one for one in found if one.stands]:
        names = ", ".join(dict.fromkeys(one.application for one in standing))
        raise RefusedError(
            f"{names} is frozen: {'; '.join(one.sentence for one in standing)}.",
            hint="Where a run is moving it, wait for its end. "
            f"Bring it home (`dr failback {standing[0].application}`), or make dr.yaml say where it lives now and "
            f"have an approver say so: `/dr unfreeze {standing[0].application}`. See docs/freeze.md.",
        )
    if unread := [one for one in found if one.stands is None]:
        raise UnreachableError(
            f"Whether a freeze stands is not known: {'; '.join(one.sentence for one in unread)}.",
            hint="Nothing is deployed before that is known.",
        )
