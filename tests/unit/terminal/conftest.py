"""A store, a worker's clerk, terminals with credentials, and an STS that believes signatures only."""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from dr_core.approvals.model import Ack, Actor, Face, Request, Roster, RosterUser
from dr_core.approvals.open import open_request
from dr_core.approvals.people import person_key
from dr_core.approvals.proof import WORKER_KEY, AckSigner, AckVerifier
from dr_core.audit.events import Event
from dr_core.audit.trail import listing
from dr_core.aws.caller import BODY, METHOD, Caller, Endpoint, endpoints
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import observations, requests, roster, submissions
from dr_core.store.engine import Store
from dr_core.store.submissions import Submission
from dr_core.terminal.answer import Answer, read_answer
from dr_core.terminal.claim import Claim, Seen, Verb, new_nonce
from dr_core.terminal.clerk import Clerk
from dr_core.terminal.proof import Proof, SignedRequest, sign, sts_of
from dr_core.topology.approval import Person
from dr_core.topology.load import load_checked
from dr_core.topology.model import Topology
from tests.unit.approvals.conftest import observed

WEST = "eu-west-1"
ACCOUNT = "111122223333"
SSO = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Ops_0123456789abcdef"
WORKER = f"arn:aws:sts::{ACCOUNT}:assumed-role/dr-worker/i-0abc"
TOPOLOGIES = Path(__file__).parents[2] / "topologies"


def user(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


class Keys:
    """A terminal's credentials: what `Signer` finds there."""

    def __init__(self, access_key: str, secret: str) -> None:
        self.credentials = Credentials(access_key, secret)

    def sign(self, endpoint: Endpoint, extra: Mapping[str, str]) -> dict[str, str]:
        headers = {"Host": endpoint.host, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **extra}
        request = AWSRequest(method=METHOD, url=endpoint.url, data=BODY, headers=headers)
        SigV4Auth(self.credentials, "sts", endpoint.region).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}


@dataclass
class Sts:
    """Every region's STS. It recomputes each signature, and counts what it was asked."""

    arns: dict[str, str] = field(default_factory=dict)
    asked: list[Endpoint] = field(default_factory=list)

    def keys(self, arn: str) -> Keys:
        """Credentials of a principal."""
        access_key = f"AKIA{len(self.arns):016d}"
        self.arns[access_key] = arn
        return Keys(access_key, f"secret of {arn}")

    def __call__(self, endpoint: Endpoint, headers: Mapping[str, str]) -> Caller:
        self.asked.append(endpoint)
        parts = dict(part.strip().split("=", 1) for part in headers["authorization"].split(" ", 1)[1].split(","))
        access_key = parts["Credential"].split("/")[0]
        arn = self.arns.get(access_key, "")
        kept = {name: headers[name] for name in parts["SignedHeaders"].split(";")}
        again = AWSRequest(method=METHOD, url=endpoint.url, data=BODY, headers=kept)
        again.context["timestamp"] = headers["x-amz-date"]
        auth = SigV4Auth(Credentials(access_key, f"secret of {arn}"), "sts", endpoint.region)
        expected = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
        if not arn or not hmac.compare_digest(expected, parts["Signature"]):
            raise DeniedError("STS refuses the signature: SignatureDoesNotMatch: it does not match.")
        return Caller(arn, arn.split(":")[4])


@dataclass
class Counter:
    """The store, one worker's clerk, and everybody in front of it."""

    services: Services
    clock: ManualClock
    sts: Sts
    clerk: Clerk

    @property
    def store(self) -> Store:
        return self.services.store

    @property
    def topology(self) -> Topology:
        return self.services.topology

    def hand_in(self, keys: Keys, claim: Claim, proof: Proof | None = None) -> str:
        """What `dr` does before it waits."""
        text = claim.canonical()
        signed = proof or sign(keys, sts_of(self.services), text)  # type: ignore[arg-type]  # signs as Signer does
        self.store.write(lambda tx: submissions.put(tx, claim.nonce, text, signed.model_dump_json()))
        return claim.nonce

    def typed(self, keys: Keys, claim: Claim, proof: Proof | None = None) -> Answer:
        """Handed in, and answered by the worker."""
        nonce = self.hand_in(keys, claim, proof)
        self.clerk.once()
        return self.answer(nonce)

    def answer(self, nonce: str) -> Answer:
        return read_answer(self.row(nonce).answer)

    def row(self, nonce: str) -> Submission:
        found = self.store.read(lambda tx: submissions.get(tx, nonce))
        assert found is not None
        return found

    def ask(self, mode: Mode = Mode.FORCED, requester: str = "U0REQUESTER") -> Request:
        """A request that waits, asked for in Slack."""
        return open_request(
            self.services,
            application="shop",
            target=WEST,
            mode=mode,
            actor=in_slack(self.topology, requester),
            reason="test",
            cmd_id=new_nonce(),
        )

    def request(self, request_id: str) -> Request:
        return self.store.read(lambda tx: requests.get(tx, request_id))

    def unproven(self, request: Request, ack: Ack) -> str | None:
        """What a worker says of an acknowledgement before it starts a run."""
        settings = self.services.settings
        return AckVerifier(settings.ack_public_key, settings.worker_public_key).fault(request, ack)

    def events(self, kind: str) -> list[Event]:
        return [e for e in self.store.read(lambda tx: listing(tx, limit=500)) if e.kind == kind]


def in_slack(topology: Topology, slack_user: str) -> Actor:
    person, display = person_key(topology, slack_user)
    return Actor(person=person, display=display, face=Face.SLACK, slack_user=slack_user)


def about(verb: Verb, request: Request, **more: Any) -> Claim:
    """A claim about a request as it stands."""
    seen = Seen(request=request.id, round=request.round, digest=request.digest)
    return Claim(nonce=new_nonce(), verb=verb, seen=seen, **more)


def approval(request: Request, loss: str | None = "3600") -> Claim:
    return about(Verb.APPROVE, request, accept_loss=loss)


def with_header(proof: Proof, **changes: str | None) -> Proof:
    """The same proof with headers replaced (`_` is `-`), or taken away by None."""
    made = []
    for one in proof.requests:
        headers = {name.lower(): value for name, value in one.headers.items()}
        for name, value in changes.items():
            headers.pop(name.replace("_", "-"), None)
            if value is not None:
                headers[name.replace("_", "-")] = value
        made.append(SignedRequest(headers=headers))
    return Proof(requests=tuple(made))


@pytest.fixture(scope="session")
def town() -> Topology:
    """The shop with people who have AWS identities of every kind."""
    shop = load_checked(TOPOLOGIES / "shop.yaml")
    people = (
        Person(name="Ada", slack="U0ADA", aws=(user("ada"),)),
        Person(name="Grace", slack="U0GRACE", aws=(f"arn:aws:iam::{ACCOUNT}:role/people/grace",)),
        Person(
            name="Linus",
            slack="U0LINUS",
            aws=(user("linus"), f"{SSO}/linus@example.com"),
        ),
        Person(name="Robin", slack="U0REQUESTER", aws=(user("robin"),)),
    )  # fmt: skip
    return shop.model_copy(update={"people": people})


@pytest.fixture
def clock() -> ManualClock:
    """Signatures are made on real time, so this clock starts there."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def services(sqlite_url: str, clock: ManualClock, town: Topology, tmp_path: Path) -> Iterator[Services]:
    """The bot's: it signs with its own key."""
    settings = read_settings({"DR_ACK_KEY": str(tmp_path / "ack.pem"), "DR_WORKER_KEY": str(tmp_path / "worker.pem")})
    store = Store(sqlite_url, clock=clock)
    signer = AckSigner.load_or_create(settings.ack_key)
    made = Services(town, store, clock, settings, AwsSessions.for_topology(town), signer)
    store.write(lambda tx: observations.save(tx, observed(clock.now(), down=True)))
    members = {user: RosterUser(name=user) for user in ("U0ADA", "U0GRACE", "U0LINUS", "U0REQUESTER")}
    read = Roster(at=clock.now(), incident_members=frozenset(members), approvers=frozenset(), users=members)
    store.write(lambda tx: roster.save(tx, read, in_slack(town, "U0ADA")))
    yield made
    store.dispose()


@pytest.fixture
def counter(services: Services, clock: ManualClock) -> Counter:
    sts = Sts()
    signer = AckSigner.load_or_create(services.settings.worker_key, WORKER_KEY)
    clerk = Clerk(replace(services, signer=signer), asking=sts, own=lambda: WORKER)
    return Counter(services, clock, sts, clerk)


@pytest.fixture
def elsewhere() -> tuple[Endpoint, ...]:
    """A liar's STS."""
    return endpoints([WEST], "http://127.0.0.1:9")
