"""The environment, read once into one typed value; a wrong or missing variable is named in one line."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from dr_core.errors import ConfigError
from dr_core.keys import public_path

SlackMode = Literal["socket", "http"]
_HOST = r"\[[0-9A-Fa-f:.]+\]|[^:\[\]\s]*"
_RESOLVER = re.compile(rf"(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?")
_CONNECT_TO = re.compile(rf"(?P<host>{_HOST}):(?P<port>[0-9]{{0,5}}):(?P<to_host>{_HOST}):(?P<to_port>[0-9]{{0,5}})")
_DATABASE = re.compile(r"(sqlite|postgresql|cockroachdb)(\+[a-z0-9_]+)?://.*")


@dataclass(frozen=True)
class ConnectTo:
    """An entry of curl's connect-to: requests to `host:port` go to `to_host:to_port`. Empty, None: any, unchanged."""

    host: str
    port: int | None
    to_host: str
    to_port: int | None

    @property
    def curl(self) -> str:
        """The entry as curl reads it."""
        return f"{self.host}:{self.port or ''}:{self.to_host}:{self.to_port or ''}"


@dataclass(frozen=True)
class Resolver:
    """A DNS server to ask; `host` is an address without brackets, or a name."""

    host: str
    port: int


def parse_connect_to(text: str) -> tuple[ConnectTo, ...]:
    """`HOST:PORT:TOHOST:TOPORT,...` -> entries; IPv6 in brackets; ValueError names the entry that is wrong."""
    entries = []
    for entry in _listed(text):
        match = _CONNECT_TO.fullmatch(entry)
        if match is None:
            raise ValueError(f"expected entries HOST:PORT:TOHOST:TOPORT, got {entry!r}")
        entries.append(ConnectTo(match["host"], _port(match["port"]), match["to_host"], _port(match["to_port"])))
    return tuple(entries)


def parse_resolvers(text: str) -> tuple[Resolver, ...]:
    """`host:port,...` -> resolvers; the port is 53 where it is left out; ValueError names the entry that is wrong."""
    resolvers = []
    for entry in _listed(text):
        match = _RESOLVER.fullmatch(entry)
        if match is None or not match["host"]:
            raise ValueError(f"expected entries host:port, got {entry!r}")
        resolvers.append(Resolver(match["host"].strip("[]"), _port(match["port"]) or 53))
    return tuple(resolvers)


def _listed(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not 1 <= int(text) <= 65535:
        raise ValueError(f"expected ports from 1 to 65535, got {text}")
    return int(text)


def _connect_to(value: object) -> object:
    return parse_connect_to(value) if isinstance(value, str) else value


def _resolvers(value: object) -> object:
    return parse_resolvers(value) if isinstance(value, str) else value


def _database_url(value: str) -> str:
    # Platforms that hand out a database often still write the scheme that SQLAlchemy dropped.
    value = value.replace("postgres://", "postgresql://", 1) if value.startswith("postgres://") else value
    if not _DATABASE.fullmatch(value):
        raise ValueError("expected a SQLAlchemy URL such as sqlite:///dr.db or postgresql+psycopg://user@host/name")
    return value


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("expected a URL such as https://host:443/path")
    return value


def _api_url(value: str) -> str:
    return _http_url(value).rstrip("/") + "/"


def _bot_token(value: SecretStr) -> SecretStr:
    return _begins(value, "xoxb-", "a bot token")


def _app_token(value: SecretStr) -> SecretStr:
    return _begins(value, "xapp-", "an app-level token")


def _begins(value: SecretStr, prefix: str, what: str) -> SecretStr:
    if not value.get_secret_value().startswith(prefix):
        raise ValueError(f"expected {what}, which begins with {prefix}")
    return value


def _readable_file(value: Path) -> Path:
    if not (value.is_file() and os.access(value, os.R_OK)):
        raise ValueError(f"expected a file that can be read, got {str(value)!r}")
    return value


def _level(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """Every variable that the product reads; `docs/configuration.md` tells what each is for. Secrets never print."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    config: Path = Field(Path("dr.yaml"), validation_alias="DR_CONFIG")
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "sqlite:///dr.db", validation_alias="DATABASE_URL", repr=False
    )
    slack_bot_token: Annotated[SecretStr, AfterValidator(_bot_token)] | None = Field(
        None, validation_alias="SLACK_BOT_TOKEN"
    )
    slack_app_token: Annotated[SecretStr, AfterValidator(_app_token)] | None = Field(
        None, validation_alias="SLACK_APP_TOKEN"
    )
    slack_signing_secret: SecretStr | None = Field(None, validation_alias="SLACK_SIGNING_SECRET")
    slack_api_url: Annotated[str, AfterValidator(_api_url)] = Field(
        "https://slack.com/api/", validation_alias="SLACK_API_URL"
    )
    port: int = Field(3000, ge=0, le=65535, validation_alias="PORT")
    health_port: int = Field(9090, ge=0, le=65535, validation_alias="DR_HEALTH_PORT")
    health_host: str = Field("127.0.0.1", validation_alias="DR_HEALTH_HOST")
    aws_endpoint_url: Annotated[str, AfterValidator(_http_url)] | None = Field(
        None, validation_alias="AWS_ENDPOINT_URL"
    )
    probe_connect_to: Annotated[tuple[ConnectTo, ...], BeforeValidator(_connect_to)] = Field(
        (), validation_alias="DR_PROBE_CONNECT_TO"
    )
    probe_ca: Annotated[Path, AfterValidator(_readable_file)] | None = Field(None, validation_alias="DR_PROBE_CA")
    resolvers: Annotated[tuple[Resolver, ...], BeforeValidator(_resolvers)] = Field((), validation_alias="DR_RESOLVERS")
    ack_key: Path = Field(Path("dr-ack.pem"), validation_alias="DR_ACK_KEY")
    worker_key: Path = Field(Path("dr-worker.pem"), validation_alias="DR_WORKER_KEY")
    store_role_password: SecretStr | None = Field(None, validation_alias="DR_STORE_ROLE_PASSWORD")
    webhook_key: SecretStr | None = Field(None, validation_alias="DR_WEBHOOK_KEY")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_level)] = Field(
        "info", validation_alias="DR_LOG_LEVEL"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `read_settings` hands over: tests and children never see the caller's environment by accident."""
        return (init_settings,)

    @property
    def ack_public_key(self) -> Path:
        """Where the public half of the ack key lies: beside it, with suffix `.pub`. The worker reads only this one."""
        return public_path(self.ack_key)

    @property
    def worker_public_key(self) -> Path:
        """Where the public half of the workers' key lies: beside it, with suffix `.pub`."""
        return public_path(self.worker_key)

    def slack_mode(self) -> SlackMode:
        """Socket Mode where there is an app token, else HTTP where there is a signing secret, else ConfigError."""
        if self.slack_app_token is not None:
            return "socket"
        if self.slack_signing_secret is not None:
            return "http"
        raise ConfigError(
            "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing: set SLACK_APP_TOKEN (xapp-...) for Socket Mode, "
            "or SLACK_SIGNING_SECRET and PORT for HTTP mode."
        )

    def bot_token(self) -> str:
        """The bot token in clear, for the Slack client; ConfigError where it is missing."""
        if self.slack_bot_token is None:
            raise ConfigError("SLACK_BOT_TOKEN is missing: set the bot token (xoxb-...) of the Slack app.")
        return self.slack_bot_token.get_secret_value()


def read_settings(env: Mapping[str, str] | None = None) -> Settings:
    """The settings from `env` (default: this process's). An empty variable counts as missing. Raises ConfigError."""
    source = os.environ if env is None else env
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    try:
        return Settings.model_validate({name: source[name] for name in known if source.get(name)})
    except ValidationError as error:
        problems = sorted({_words(details) for details in error.errors(include_url=False, include_input=False)})
        raise ConfigError("; ".join(problems)) from error


def _words(details: ErrorDetails) -> str:
    name, kind, context = details["loc"][0], details["type"], details.get("ctx", {})
    if kind == "value_error":
        return f"{name}: {context['error']}"
    if kind == "literal_error":
        return f"{name}: expected {context['expected']}"
    if name in ("PORT", "DR_HEALTH_PORT"):
        return f"{name}: expected a port from 0 to 65535 (0: any free one)"
    return f"{name}: {details['msg'][:1].lower()}{details['msg'][1:]}"
