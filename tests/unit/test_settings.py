"""The environment is read once, strictly, and without telling secrets."""

from pathlib import Path

import pytest

from dr_core.errors import ConfigError
from dr_core.settings import ConnectTo, Resolver, read_settings

SECRET = "swordfish"


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read_settings({})
    assert settings.config == Path("dr.yaml")
    assert settings.database_url == "sqlite:///dr.db"
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.health_port == 9090
    assert settings.probe_connect_to == ()
    assert settings.resolvers == ()
    assert settings.ack_key == Path("dr-ack.pem")
    assert settings.ack_public_key == Path("dr-ack.pub")
    assert settings.log_level == "info"


def test_only_the_given_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DR_CONFIG", "elsewhere.yaml")
    assert read_settings({}).config == Path("dr.yaml")
    assert read_settings().config == Path("elsewhere.yaml")


def test_every_variable_is_read(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("pem")
    settings = read_settings({
        "DR_CONFIG": "/etc/dr.yaml",
        "DATABASE_URL": "postgres://dr:pw@db/dr",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_SIGNING_SECRET": "s",
        "SLACK_API_URL": "http://127.0.0.1:8080/api",
        "PORT": "8081",
        "DR_HEALTH_PORT": "0",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:5000",
        "DR_PROBE_CONNECT_TO": "api.example.com:443:127.0.0.1:8443, ::127.0.0.1:9443,[::1]:443:[2001:db8::1]:",
        "DR_PROBE_CA": str(ca),
        "DR_RESOLVERS": "127.0.0.1:5353,9.9.9.9,[::1]:53",
        "DR_ACK_KEY": "/keys/ack.pem",
        "DR_LOG_LEVEL": "DEBUG",
        "UNRELATED": "x",
    })  # fmt: skip
    assert settings.database_url == "postgresql://dr:pw@db/dr"
    assert settings.bot_token() == "xoxb-1"
    assert settings.slack_api_url == "http://127.0.0.1:8080/api/"
    assert (settings.port, settings.health_port) == (8081, 0)
    assert settings.aws_endpoint_url == "http://127.0.0.1:5000"
    assert settings.probe_connect_to == (
        ConnectTo("api.example.com", 443, "127.0.0.1", 8443),
        ConnectTo("", None, "127.0.0.1", 9443),
        ConnectTo("[::1]", 443, "[2001:db8::1]", None),
    )
    assert [entry.curl for entry in settings.probe_connect_to] == [
        "api.example.com:443:127.0.0.1:8443",
        "::127.0.0.1:9443",
        "[::1]:443:[2001:db8::1]:",
    ]
    assert settings.probe_ca == ca
    assert settings.resolvers == (Resolver("127.0.0.1", 5353), Resolver("9.9.9.9", 53), Resolver("::1", 53))
    assert settings.ack_public_key == Path("/keys/ack.pub")
    assert settings.log_level == "debug"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATABASE_URL", f"mysql://dr:{SECRET}@db/dr", "expected a SQLAlchemy URL such as sqlite:///dr.db"),
        ("DATABASE_URL", SECRET, "expected a SQLAlchemy URL"),
        ("SLACK_BOT_TOKEN", SECRET, "expected a bot token, which begins with xoxb-"),
        ("SLACK_APP_TOKEN", f"xoxb-{SECRET}", "expected an app-level token, which begins with xapp-"),
        ("SLACK_API_URL", "slack.com", "expected a URL such as"),
        ("PORT", "http", "expected a port from 0 to 65535"),
        ("DR_HEALTH_PORT", "65536", "expected a port from 0 to 65535"),
        ("AWS_ENDPOINT_URL", "http://host:0", "expected a URL such as"),
        ("DR_PROBE_CONNECT_TO", "a:1:b", "expected entries HOST:PORT:TOHOST:TOPORT, got 'a:1:b'"),
        ("DR_PROBE_CONNECT_TO", "a:1:b:70000", "expected ports from 1 to 65535, got 70000"),
        ("DR_PROBE_CA", "/nowhere/ca.pem", "expected a file that can be read, got '/nowhere/ca.pem'"),
        ("DR_RESOLVERS", "::1", "expected entries host:port, got '::1'"),
        ("DR_RESOLVERS", ":53", "expected entries host:port, got ':53'"),
        ("DR_LOG_LEVEL", "loud", "expected 'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_wrong_variable_is_named_in_one_line_that_tells_no_secret(name: str, value: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({name: value})
    assert str(caught.value).startswith(f"{name}: ")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__}"


def test_an_empty_variable_counts_as_missing() -> None:
    settings = read_settings({"DR_CONFIG": "", "SLACK_APP_TOKEN": "", "PORT": ""})
    assert settings.config == Path("dr.yaml")
    assert settings.slack_app_token is None


def test_secrets_never_print() -> None:
    settings = read_settings({
        "DATABASE_URL": f"postgresql://dr:{SECRET}@db/dr",
        "SLACK_BOT_TOKEN": f"xoxb-{SECRET}",
        "SLACK_APP_TOKEN": f"xapp-{SECRET}",
        "SLACK_SIGNING_SECRET": SECRET,
    })  # fmt: skip
    assert SECRET not in f"{settings} {settings!r}"


@pytest.mark.parametrize(
    ("env", "mode"),
    [
        ({"SLACK_APP_TOKEN": "xapp-1"}, "socket"),
        ({"SLACK_SIGNING_SECRET": "s"}, "http"),
        ({"SLACK_APP_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "s"}, "socket"),
    ],
)
def test_the_slack_mode_follows_from_what_is_set(env: dict[str, str], mode: str) -> None:
    assert read_settings(env).slack_mode() == mode


def test_a_missing_slack_mode_names_both_variables_and_a_missing_token_its_own() -> None:
    settings = read_settings({})
    with pytest.raises(ConfigError, match="SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing"):
        settings.slack_mode()
    with pytest.raises(ConfigError, match="SLACK_BOT_TOKEN is missing"):
        settings.bot_token()
