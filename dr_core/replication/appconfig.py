"""AppConfig: which configuration is deployed in a region, as fingerprints; content is read here and stays here.

Asked of the control plane, because each poll of the data plane may be billed as a received configuration:
https://aws.amazon.com/systems-manager/pricing/. What is deployed is what the newest complete deployment says (they are
listed newest first): https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_ListDeployments.html. A hosted
version never changes, so that each is read once.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.errors import RejectedError
from dr_core.replication.copies import FlagsView
from dr_core.topology.stores import AppConfigFlags

_GONE = "ResourceNotFoundException"
_UNDER_WAY = ("BAKING", "VALIDATING", "DEPLOYING", "ROLLING_BACK")
_HOSTED, _FLAGS = "hosted", "AWS.AppConfig.FeatureFlags"
# AppConfig's own notes on a flag, which differ although the flag is the same:
# https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-type-reference-feature-flags.html
_NOTES = ("_createdAt", "_updatedAt")
Ids = tuple[str, str, dict[str, Any]]


class AppConfig:
    """List*, GetHostedConfigurationVersion; `client_of(service, region)` gives the boto3 client."""

    def __init__(self, client_of: Callable[[str, str], Any]) -> None:
        self._client_of = client_of
        self._ids: dict[tuple[AppConfigFlags, str], Ids] = {}
        self._contents: dict[tuple[str, str, str, str], Mapping[str, str]] = {}

    def deployed(self, spec: AppConfigFlags, region: str) -> FlagsView:
        try:
            return self._deployed(spec, region, self._known_ids(spec, region))
        except AwsRejectedError as error:
            if error.aws_code != _GONE:
                raise
            # Made anew under the same name, it has another id: the ids are looked up again in the next pass.
            self._ids.pop((spec, region), None)
            raise RejectedError(f"{_what(spec)} in {region}: {error.message}") from error

    def _deployed(self, spec: AppConfigFlags, region: str, ids: Ids) -> FlagsView:
        application, environment, profile = ids
        done, under_way = None, ""
        for entry in self._pages(region, "list_deployments", ApplicationId=application, EnvironmentId=environment):
            # Old deployments may come without the id of their profile, all come with its name.
            if profile["Id"] != entry.get("ConfigurationProfileId", profile["Id"]):
                continue
            if entry.get("ConfigurationName", spec.profile) != spec.profile:
                continue
            if entry["State"] in _UNDER_WAY and not under_way:
                under_way = f"{entry['State']} version {entry['ConfigurationVersion']}"
            if entry["State"] == "COMPLETE":
                done = entry
                break
        if done is None:
            return FlagsView(region, None, {}, under_way)
        version = str(done["ConfigurationVersion"])
        return FlagsView(region, version, self._content(region, application, profile, version), under_way)

    def _content(self, region: str, application: str, profile: dict[str, Any], version: str) -> Mapping[str, str]:
        if profile.get("LocationUri") != _HOSTED or not version.isdigit():
            where = profile.get("LocationUri", "not told")
            raise RejectedError(f"{profile['Name']} in {region} is not hosted by AppConfig but by {where}.")
        key = (region, application, profile["Id"], version)
        if key not in self._contents:
            with aws_errors("appconfig", region, "GetHostedConfigurationVersion"):
                content = self._client_of("appconfig", region).get_hosted_configuration_version(
                    ApplicationId=application, ConfigurationProfileId=profile["Id"], VersionNumber=int(version)
                )["Content"]
            raw = content.read() if hasattr(content, "read") else content
            self._contents[key] = fingerprints(raw, profile["Name"], flags=profile.get("Type") == _FLAGS)
        return self._contents[key]

    def _known_ids(self, spec: AppConfigFlags, region: str) -> Ids:
        if (spec, region) not in self._ids:
            application = self._one(region, "list_applications", spec.application, "application")["Id"]
            environment = self._one(
                region, "list_environments", spec.environment, "environment", ApplicationId=application
            )
            profile = self._one(
                region, "list_configuration_profiles", spec.profile, "profile", ApplicationId=application
            )
            self._ids[spec, region] = (application, environment["Id"], profile)
        return self._ids[spec, region]

    def _one(self, region: str, operation: str, name: str, what: str, **arguments: str) -> dict[str, Any]:
        found = [entry for entry in self._pages(region, operation, **arguments) if entry["Name"] == name]
        if not found:
            raise RejectedError(f"There is no AppConfig {what} {name} in {region}.")
        if len(found) > 1:
            raise RejectedError(f"AppConfig has {len(found)} {what}s called {name} in {region}: which one is meant?")
        return found[0]

    def _pages(self, region: str, operation: str, **arguments: str) -> Iterator[dict[str, Any]]:
        call = getattr(self._client_of("appconfig", region), operation)
        token: dict[str, str] = {}
        while True:
            with aws_errors("appconfig", region, "".join(word.capitalize() for word in operation.split("_"))):
                page = call(**arguments, **token)
            yield from page.get("Items", ())
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}


def fingerprints(content: bytes, name: str, *, flags: bool) -> dict[str, str]:
    """SHA-256 by flag (its definition and its value, without AppConfig's notes), else one of the whole under `name`."""
    if flags:
        try:
            parsed = json.loads(content)
            values, defined = parsed.get("values") or {}, parsed.get("flags") or {}
            return {
                flag: _print(json.dumps([_own(defined.get(flag)), _own(values.get(flag))], sort_keys=True).encode())
                for flag in sorted({*values, *defined})
            }
        except (ValueError, AttributeError, TypeError):
            return {name: _print(content)}
    return {name: _print(content)}


def _own(entry: Any) -> Any:
    return {key: value for key, value in entry.items() if key not in _NOTES} if isinstance(entry, dict) else entry


def _print(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _what(spec: AppConfigFlags) -> str:
    return f"AppConfig {spec.application}/{spec.environment}/{spec.profile}"
