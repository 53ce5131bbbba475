"""One door to AWS: regions, purposes, roles, retries and the guard, over real HTTP to a local server."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from dr_core.aws.faults import aws_errors, outcome_unknown
from dr_core.aws.residency import EXEMPT_PLACES, GLOBAL_SERVICES
from dr_core.aws.sending import guarded
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.errors import ConfigError, DeniedError, LeaseLostError, RefusedError, RejectedError, UnreachableError
from dr_core.topology.model import Account

REGIONS = ("eu-central-1", "eu-west-1")
EMPTY = "<R xmlns='x'><{action}Result/><ResponseMetadata/></R>"
ASSUMED = (
    "<AssumeRoleResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><AssumeRoleResult><Credentials>"
    "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
)


@dataclass
class Call:
    action: str
    scope: str
    user_agent: str
    path: str
    form: dict[str, list[str]]


@dataclass
class Aws:
    """A local AWS that answers by a script: status and error code per call, 200 when the script is empty."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    script: list[tuple[int, str]] = field(default_factory=list)

    @property
    def actions(self) -> list[str]:
        return [call.action for call in self.calls]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[Aws]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "http_proxy", "https_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIABASE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/credentials")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    world = Aws()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = parse_qs(body)
            action = form.get("Action", [""])[0]
            scope = self.headers.get("Authorization", "").split("Credential=")[-1].split(",")[0]
            world.calls.append(Call(action, scope, self.headers["User-Agent"], self.path, form))
            status, code = world.script.pop(0) if world.script else (200, "")
            text = ASSUMED if action == "AssumeRole" else EMPTY.format(action=action)
            if status >= 300:
                text = f"<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>"
            if status:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())
            else:
                self.close_connection = True

        do_GET = do_POST = do_PUT = answer  # noqa: N815  # the names that http.server calls

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    world.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield world
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sessions(aws: Aws) -> Iterator[AwsSessions]:
    made = AwsSessions(REGIONS, control_region="eu-north-1", endpoint_url=aws.url)
    yield made
    made.close()


def test_a_region_outside_the_allowed_ones_is_refused_by_name(sessions: AwsSessions, aws: Aws) -> None:
    with pytest.raises(RefusedError, match=r"us-east-2 is outside the allowed regions \(eu-central-1, eu-west-1\)"):
        sessions.client("rds", "us-east-2")
    assert aws.calls == []


def test_the_control_region_is_allowed_without_being_listed(sessions: AwsSessions) -> None:
    assert sessions.client("s3", "eu-north-1").meta.region_name == "eu-north-1"


@pytest.mark.parametrize("service", ["rds", "s3", "dynamodb", "secretsmanager", "logs", "sqs", "cloudwatch"])
def test_what_is_exempt_is_exempt_for_its_own_service_only(sessions: AwsSessions, service: str) -> None:
    """Nothing that could hold data follows a global service, an endpoint of ARC or CloudTrail's history out."""
    homes = {one.home for one in GLOBAL_SERVICES.values()} | {region for _, region in EXEMPT_PLACES}
    for region in homes:
        with pytest.raises(RefusedError):
            sessions.client(service, region)


@pytest.mark.parametrize("service", sorted(GLOBAL_SERVICES))
def test_global_services_are_signed_for_their_home_whatever_the_region(sessions: AwsSessions, service: str) -> None:
    home = GLOBAL_SERVICES[service].home
    assert sessions.client(service, "eu-west-1").meta.region_name == home
    assert sessions.client(service, "eu-west-1") is sessions.client(service, "us-east-1")


def test_arc_endpoints_are_exempt_and_yield_to_the_endpoint_url(sessions: AwsSessions, aws: Aws) -> None:
    arc = "https://host-a.us-west-2.example.com/v1"
    client = sessions.client("route53-recovery-cluster", "us-west-2", endpoint_url=arc)
    assert client.meta.endpoint_url == aws.url
    free = AwsSessions(REGIONS)
    assert free.client("route53-recovery-cluster", "us-west-2", endpoint_url=arc).meta.endpoint_url == arc
    free.close()


def test_a_client_is_made_once_also_by_many_threads(sessions: AwsSessions) -> None:
    with ThreadPoolExecutor(8) as pool:
        clients = set(pool.map(lambda _: sessions.client("sts", "eu-west-1"), range(32)))
    assert len(clients) == 1
    assert sessions.client("sts", "eu-west-1", purpose="drill") not in clients
    assert sessions.client("sts", "eu-central-1") not in clients


def test_the_purpose_travels_in_the_user_agent(sessions: AwsSessions, aws: Aws) -> None:
    sessions.client("rds", "eu-west-1", purpose=Purpose.HEARTBEAT).describe_db_clusters()
    assert "dr-purpose/heartbeat" in aws.calls[0].user_agent
    assert "/eu-west-1/rds/" in aws.calls[0].scope
    with pytest.raises(ValueError, match="Purpose"):
        sessions.client("rds", "eu-west-1", purpose="Not a word")


def test_buckets_stand_in_the_path_of_the_one_endpoint(sessions: AwsSessions, aws: Aws) -> None:
    sessions.client("s3", "eu-west-1").put_object(Bucket="takeover", Key="active", Body=b"1")
    assert aws.calls[0].path.startswith("/takeover/active")


def test_a_role_is_assumed_at_the_regional_sts_once_and_its_credentials_sign(sessions: AwsSessions, aws: Aws) -> None:
    role = Account(role_arn="arn:aws:iam::111122223333:role/dr", external_id="shop-7")
    client = sessions.client("rds", "eu-west-1", role=role)
    assert aws.calls == []
    client.describe_db_clusters()
    client.describe_db_clusters()
    assert aws.actions == ["AssumeRole", "DescribeDBClusters", "DescribeDBClusters"]
    assumed, described, _ = aws.calls
    assert assumed.scope.startswith("AKIABASE/")
    assert "/eu-west-1/sts/" in assumed.scope
    assert assumed.form["ExternalId"] == ["shop-7"]
    assert described.scope.startswith("ASIAROLE/")


def test_credentials_for_a_global_service_come_from_a_region_that_is_allowed(sessions: AwsSessions, aws: Aws) -> None:
    role = Account(role_arn="arn:aws:iam::111122223333:role/dr")
    sessions.client("iam", "eu-central-1", role=role).list_roles()
    assert "/eu-central-1/sts/" in aws.calls[0].scope
    assert "/us-east-1/iam/" in aws.calls[1].scope


def test_a_role_that_may_not_be_assumed_is_told_as_denied(sessions: AwsSessions, aws: Aws) -> None:
    aws.script = [(403, "AccessDenied")]
    role = Account(role_arn="arn:aws:iam::111122223333:role/dr")
    with pytest.raises(DeniedError, match="AssumeRole arn:aws:iam::111122223333:role/dr"):
        sessions.client("rds", "eu-west-1", role=role).describe_db_clusters()


def failover(sessions: AwsSessions, **options: object) -> None:
    client = sessions.client("rds", "eu-west-1", **options)  # type: ignore[arg-type]  # options of the one test
    with aws_errors("rds", "eu-west-1", "FailoverGlobalCluster"):
        client.failover_global_cluster(
            GlobalClusterIdentifier="shop", TargetDbClusterIdentifier="t", AllowDataLoss=True
        )


def test_a_read_is_repeated_after_an_error_inside_aws(sessions: AwsSessions, aws: Aws) -> None:
    aws.script = [(500, "InternalFailure"), (0, "")]
    sessions.client("rds", "eu-west-1").describe_db_clusters()
    assert len(aws.calls) == 3


@pytest.mark.parametrize("lost", [(500, "InternalFailure"), (0, "")])
def test_a_change_is_never_repeated_when_it_may_have_worked(
    sessions: AwsSessions, aws: Aws, lost: tuple[int, str]
) -> None:
    aws.script = [lost]
    with pytest.raises(UnreachableError) as caught:
        failover(sessions)
    assert outcome_unknown(caught.value)
    assert len(aws.calls) == 1


def test_a_throttled_change_is_repeated(sessions: AwsSessions, aws: Aws) -> None:
    aws.script = [(400, "Throttling"), (400, "Throttling")]
    failover(sessions)
    assert len(aws.calls) == 3


def test_a_refusal_on_the_first_attempt_surely_had_no_effect(sessions: AwsSessions, aws: Aws) -> None:
    aws.script = [(400, "InvalidGlobalClusterStateFault")]
    with pytest.raises(RejectedError) as caught:
        failover(sessions)
    assert not outcome_unknown(caught.value)


def test_a_refused_connection_surely_had_no_effect(aws: Aws) -> None:
    dead = AwsSessions(REGIONS, endpoint_url="http://127.0.0.1:9")
    with pytest.raises(UnreachableError, match="could not be reached") as caught:
        failover(dead)
    assert not outcome_unknown(caught.value)
    dead.close()


def test_nothing_leaves_once_the_guard_objects_not_even_a_retry(sessions: AwsSessions, aws: Aws) -> None:
    allowed = [True, False]

    def guard() -> None:
        if not allowed.pop(0):
            raise LeaseLostError("the lease is lost")

    aws.script = [(400, "Throttling")]
    with guarded(guard), pytest.raises(LeaseLostError):
        failover(sessions)
    assert len(aws.calls) == 1
    failover(sessions)
    assert len(aws.calls) == 2


@pytest.mark.parametrize(("profile", "message"), [("", "set but empty"), ("nobody", "no profile 'nobody'")])
def test_a_wrong_profile_is_named(aws: Aws, monkeypatch: pytest.MonkeyPatch, profile: str, message: str) -> None:
    monkeypatch.setenv("AWS_PROFILE", profile)
    with pytest.raises(ConfigError, match=message):
        AwsSessions(REGIONS).client("rds", "eu-west-1")


def test_missing_credentials_are_told_as_denied(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(DeniedError, match="no usable AWS credentials"):
        failover(AwsSessions(REGIONS, endpoint_url=aws.url))
