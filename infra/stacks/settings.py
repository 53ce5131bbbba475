"""Feature flags: a parameter that holds none at first, and AppConfig's profiles, in each region.

Other parameters are people's, and CloudFormation cannot make a SecureString at all: `dr deploy sync` copies them.
"""

from collections.abc import Iterator

import aws_cdk as cdk
from aws_cdk import aws_appconfig as appconfig
from aws_cdk import aws_ssm as ssm

from dr_core.topology.model import Application
from dr_core.topology.stores import AppConfigFlags
from infra.place import Level, Part, Place
from infra.sharing import made_by

_NO_FLAGS = "{}"
_MINUTES, _STEP_PERCENT = 10, 20


class Parameters(Part):
    """The parameter with the application's feature flags"""

    concern = "parameters"
    level = Level.APPLICATION

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return bool(_parameters(place))

    def build(self) -> None:
        for _, name in _parameters(self.place):
            flags = ssm.CfnParameter(self, "Flags", name=name, type="String", value=_NO_FLAGS)
            flags.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)


class Flags(Part):
    """AppConfig's applications, environments and profiles in the region"""

    concern = "appconfig"
    level = Level.HOUSE

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return any(_profiles(place))

    def build(self) -> None:
        """Applications may share one of AppConfig's: each name is made once. Content is people's; so is its deployment,
        with the strategy that is made here.
        """
        applications: dict[str, appconfig.CfnApplication] = {}
        environments: set[tuple[str, str]] = set()
        for number, spec in enumerate(dict.fromkeys(_profiles(self.place)), 1):
            if spec.application not in applications:
                made = appconfig.CfnApplication(self, f"Application{number}", name=spec.application)
                applications[spec.application] = made
            application = applications[spec.application]
            if (spec.application, spec.environment) not in environments:
                environments.add((spec.application, spec.environment))
                appconfig.CfnEnvironment(
                    self, f"Environment{number}", application_id=application.ref, name=spec.environment
                )
            appconfig.CfnConfigurationProfile(
                self, f"Profile{number}", application_id=application.ref, name=spec.profile, location_uri="hosted",
                type="AWS.AppConfig.FeatureFlags",
            )  # fmt: skip
        appconfig.CfnDeploymentStrategy(
            self, "Careful", name=f"{self.place.owner}-careful", replicate_to="NONE", growth_type="LINEAR",
            growth_factor=_STEP_PERCENT, deployment_duration_in_minutes=_MINUTES, final_bake_time_in_minutes=_MINUTES,
        )  # fmt: skip


def _parameters(place: Place) -> list[tuple[int, str]]:
    return made_by(place.config, place.owner, _named)


def _named(_: str, app: Application) -> list[str]:
    return ["/" + app.parameters.flags.strip("/")] if app.parameters.flags else []


def _profiles(place: Place) -> Iterator[AppConfigFlags]:
    for app in place.config.applications.values():
        if place.region in app.regions:
            yield from app.parameters.appconfig
