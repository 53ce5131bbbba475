"""AppConfig beyond moto: lists, environments, and deployments that take their time.

https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_ListDeployments.html (newest first)
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from moto.appconfig.models import Application, ConfigurationProfile, appconfig_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page

# Deployment strategies that every account has, by minutes of deployment and of baking.
STRATEGIES = {"AppConfig.AllAtOnce": (0, 10), "AppConfig.Linear50PercentEvery30Seconds": (1, 1)}


@dataclass
class Deployment:
    """One deployment of a profile's version to an environment."""

    number: int
    profile: ConfigurationProfile
    version: str
    strategy: str
    state: str
    started_at: datetime
    completed_at: datetime | None = None


@dataclass
class Environment:
    id: str
    application: str
    name: str
    deployments: list[Deployment] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        return any(one.state in ("DEPLOYING", "BAKING") for one in self.deployments)


class AppConfigWorld:
    """Applications, profiles and hosted versions are moto's; environments and deployments are kept here."""

    PAGES: ClassVar[dict[str, str]] = {
        "appconfig": "https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._environments: dict[tuple[str, str], Environment] = {}

    def operations(self) -> Operations:
        table: dict[str, Callable[[Call], Parameters]] = {
            "ListApplications": self.list_applications,
            "ListConfigurationProfiles": self.list_profiles,
            "CreateEnvironment": self.create_environment,
            "ListEnvironments": self.list_environments,
            "StartDeployment": self.start,
            "ListDeployments": self.list_deployments,
            "GetDeployment": self.get,
        }
        return {("appconfig", name): handler for name, handler in table.items()}

    # -- lists -------------------------------------------------------------------------------------------------------

    def list_applications(self, call: Call) -> Parameters:
        """Applications of the region, 50 a page."""
        applications = appconfig_backends[self._account][call.region].applications.values()
        return _page(call, [{"Id": app.id, "Name": app.name, "Description": app.description} for app in applications])

    def list_profiles(self, call: Call) -> Parameters:
        """Configuration profiles, 50 a page."""
        return _page(call, [_profile(one) for one in self._application(call).config_profiles.values()])

    def list_environments(self, call: Call) -> Parameters:
        """Environments, 50 a page, each DEPLOYING while a deployment is under way."""
        self._application(call)
        mine = [
            environment
            for (region, _), environment in self._environments.items()
            if region == call.region and environment.application == call.text("ApplicationId")
        ]
        return _page(call, [_environment(environment) for environment in mine])

    def list_deployments(self, call: Call) -> Parameters:
        """Deployments, the newest first, 50 a page."""
        return _page(call, [_summary(one) for one in reversed(self._environment(call).deployments)])

    # -- environments and deployments --------------------------------------------------------------------------------

    def create_environment(self, call: Call) -> Parameters:
        """Ready for a deployment at once."""
        self._application(call)
        made = Environment(uuid.uuid4().hex[:7], call.text("ApplicationId"), call.text("Name"))
        self._environments[call.region, made.id] = made
        return _environment(made)

    def start(self, call: Call) -> Parameters:
        """One at a time; a strategy of no minutes is complete at once when it need not bake."""
        environment = self._environment(call)
        if environment.busy:
            raise AwsError("ConflictException", "A deployment is in progress in this environment.", 409)
        profile = self._application(call).config_profiles.get(call.text("ConfigurationProfileId"))
        version = call.text("ConfigurationVersion")
        if profile is None or (version.isdigit() and int(version) not in profile.config_versions):
            raise _not_found("Configuration profile or version")
        minutes, baking = STRATEGIES.get(call.text("DeploymentStrategyId"), (0, 0))
        number = len(environment.deployments) + 1
        strategy = call.text("DeploymentStrategyId")
        deployment = Deployment(number, profile, version, strategy, "DEPLOYING", self._timeline.now)
        environment.deployments.append(deployment)
        self._timeline.after(minutes * 60, lambda: _advance(deployment, "DEPLOYING", "BAKING"))
        self._timeline.after((minutes + baking) * 60, lambda: self._complete(deployment))
        if not minutes and not baking:
            _advance(deployment, "DEPLOYING", "BAKING")
            self._complete(deployment)
        return _detailed(environment, deployment)

    def get(self, call: Call) -> Parameters:
        """One deployment with its state of now."""
        environment = self._environment(call)
        return _detailed(environment, self._deployment(call, environment))

    def _complete(self, deployment: Deployment) -> None:
        if deployment.state == "BAKING":
            deployment.state, deployment.completed_at = "COMPLETE", self._timeline.now

    def _application(self, call: Call) -> Application:
        found: Application | None = appconfig_backends[self._account][call.region].applications.get(
            call.text("ApplicationId")
        )
        if found is None:
            raise _not_found("Application")
        return found

    def _environment(self, call: Call) -> Environment:
        self._application(call)
        found = self._environments.get((call.region, call.text("EnvironmentId")))
        if found is None or found.application != call.text("ApplicationId"):
            raise _not_found("Environment")
        return found

    def _deployment(self, call: Call, environment: Environment) -> Deployment:
        number = int(call.parameters.get("DeploymentNumber") or 0)
        if not 1 <= number <= len(environment.deployments):
            raise _not_found("Deployment")
        return environment.deployments[number - 1]


def _advance(deployment: Deployment, before: str, after: str) -> None:
    if deployment.state == before:
        deployment.state = after


def _page(call: Call, items: list[Parameters]) -> Parameters:
    """At most 50 a page, as in the service."""
    refusal = AwsError("BadRequestException", "The pagination token is invalid.")
    found, rest = page(items, call.parameters.get("NextToken"), int(call.parameters.get("MaxResults") or 50), refusal)
    return {"Items": found, **({"NextToken": rest} if rest else {})}


def _profile(profile: ConfigurationProfile) -> Parameters:
    described = profile.to_json()
    kept = ("Id", "Name", "ApplicationId", "LocationUri", "Type")
    return {name: described[name] for name in kept if described.get(name)}


def _environment(environment: Environment) -> Parameters:
    state = "DEPLOYING" if environment.busy else "READY_FOR_DEPLOYMENT"
    return {
        "ApplicationId": environment.application,
        "Id": environment.id,
        "Name": environment.name,
        "State": state,
        "Monitors": [],
    }


def _summary(deployment: Deployment) -> Parameters:
    minutes, baking = STRATEGIES.get(deployment.strategy, (0, 0))
    described: dict[str, Any] = {
        "DeploymentNumber": deployment.number,
        "ConfigurationName": deployment.profile.name,
        "ConfigurationVersion": deployment.version,
        "DeploymentDurationInMinutes": minutes,
        "GrowthType": "LINEAR",
        "GrowthFactor": 100.0,
        "FinalBakeTimeInMinutes": baking,
        "State": deployment.state,
        "PercentageComplete": 0.0 if deployment.state == "DEPLOYING" else 100.0,
        "StartedAt": deployment.started_at,
    }
    if deployment.completed_at is not None:
        described["CompletedAt"] = deployment.completed_at
    return described


def _detailed(environment: Environment, deployment: Deployment) -> Parameters:
    return {
        **_summary(deployment),
        "ApplicationId": environment.application,
        "EnvironmentId": environment.id,
        "DeploymentStrategyId": deployment.strategy,
        "ConfigurationProfileId": deployment.profile.id,
        "ConfigurationLocationUri": deployment.profile.location_uri,
    }


def _not_found(what: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"{what} not found.", 404)
