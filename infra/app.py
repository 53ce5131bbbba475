"""The CDK app: every stack of every place, in the order in which they are deployed."""

from collections.abc import Iterator
from pathlib import Path

import aws_cdk as cdk

from infra.config import Config
from infra.place import Level, Part, Place
from infra.stacks.network import Network

STACKS: tuple[type[Part], ...] = (Network,)
"""In the order of deployment; a stack may only use those before it."""


def build(config: Config, out: Path | None = None) -> cdk.App:
    """Makes every stack; `app.synth()` writes the templates."""
    app = cdk.App(outdir=str(out) if out else None, analytics_reporting=False, builtin_cloud_formation_validation=False)
    built: dict[tuple[str | None, str, str], Part] = {}
    for kind in STACKS:
        for application, region in _places(kind, config):
            here = {
                concern: part
                for (owner, concern, where), part in built.items()
                if where == region and owner in (None, application)
            }
            place = Place(config, region, application, here, built)
            if kind.wanted(place):
                built[application, kind.concern, region] = kind(app, place)
    return app


def _places(kind: type[Part], config: Config) -> Iterator[tuple[str | None, str]]:
    """(application or None for the house, region), in order."""
    match kind.level:
        case Level.HOUSE:
            yield from ((None, region) for region in config.regions)
        case Level.HOUSE_ONCE:
            yield None, kind.one_region(config)
        case Level.APPLICATION:
            yield from ((name, region) for name, app in config.applications.items() for region in app.regions)
        case Level.APPLICATION_ONCE:
            yield from ((name, kind.one_region(config)) for name in config.applications)
