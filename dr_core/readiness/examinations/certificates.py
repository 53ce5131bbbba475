"""What hosts serve over TLS, by a handshake: trusted, for the right name, and for long enough.

The standby is asked for the public name's certificate, too: that is what it must serve after a switch. Handshakes have
lanes of their own: a host that a worker cannot reach says nothing about AWS in its region.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from dr_core.errors import RejectedError
from dr_core.readiness.examination import About, Inquiry, Subject
from dr_core.readiness.examinations.traffic import records
from dr_core.readiness.model import Check
from dr_core.readiness.surroundings import ServedCertificate
from dr_core.topology.traffic import Route53Records

AREA = "certificates"
_SOON_DAYS = 21


@dataclass(frozen=True)
class Served:
    """`certificate` None: it cannot be trusted, `problem` says why."""

    certificate: ServedCertificate | None
    problem: str = ""


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    app = subject.application
    for entry in app.health:
        for region, url in (entry.http or {}).items():
            at = _address(url)
            if at is not None:
                host, port = at
                yield Inquiry(
                    "certificate-unknown", AREA, f"{host}:{port}", f"tls:{region}", "TLS handshake",
                    partial(serve, subject, host, host, port), judge, region=region,
                )  # fmt: skip
    for verify in app.verify:
        at = _address(verify.http_write_read.url) if verify.http_write_read else None
        if at is None:
            continue
        host, port = at
        yield Inquiry(
            "certificate-unknown", AREA, f"{host}:{port}", f"tls:{host}", "TLS handshake, where DNS leads now",
            partial(serve, subject, host, host, port), judge_now, anywhere=True,
        )  # fmt: skip
        yield from _behind_the_name(subject, host, port)


def _behind_the_name(subject: Subject, host: str, port: int) -> Iterator[Inquiry[Any]]:
    """The same name at each region's own endpoint, as the region's record tells it."""
    for entry in subject.application.traffic:
        spec = entry.route53_records
        if spec is None or spec.name.rstrip(".").lower() != host.lower():
            continue
        for region, identifier in spec.set_identifiers.items():
            yield Inquiry(
                "certificate-unknown", AREA, f"{host}:{port} in {region}", f"tls:{region}",
                "TLS handshake, as the record leads", partial(serve_behind, subject, spec, identifier, host, port),
                judge, region=region,
            )  # fmt: skip


def _address(url: str) -> tuple[str, int] | None:
    """Host and port of an https URL; None for any other."""
    parts = urlsplit(url)
    return (parts.hostname, parts.port or 443) if parts.scheme == "https" and parts.hostname else None


def serve(subject: Subject, name: str, host: str, port: int) -> Served:
    """What is served; raises UnreachableError where nobody answers."""
    try:
        return Served(subject.surroundings.handshake(name, host, port))
    except RejectedError as error:
        return Served(None, error.message)


def serve_behind(subject: Subject, spec: Route53Records, identifier: str, name: str, port: int) -> Served:
    """What the target of one region's record serves for the public name."""
    mine = [record for record in records(subject, spec) or () if record.set_identifier == identifier]
    if not mine or not mine[0].leads_to:
        raise RejectedError(f"{spec.name} has no record {identifier} that leads anywhere.")
    return serve(subject, name, mine[0].leads_to[0], port)


def judge_now(served: Served, about: About) -> Iterable[Check]:
    """Of the region that users are sent to now: what is wrong there is a reason to leave it, and never stops that."""
    if served.certificate is not None:
        yield from judge(served, about)
        return
    message = f"{about.subject} serves users no certificate that they would trust."
    yield about.warning("certificate-invalid", message, evidence=served.problem, way_out="Put a valid one there.")


def judge(served: Served, about: About) -> Iterable[Check]:
    if served.certificate is None:
        message = f"{about.subject} serves no certificate that clients would trust."
        way_out = "Put a valid certificate there."
        yield about.blocking("certificate-invalid", message, evidence=served.problem, way_out=way_out)
        return
    left = (served.certificate.not_after - about.at).days
    evidence = f"until {served.certificate.not_after:%Y-%m-%d}, issued by {served.certificate.issuer}"
    if left < _SOON_DAYS:
        message = f"The certificate of {about.subject} ends in {left} days."
        yield about.warning("certificate-ends", message, evidence=evidence, way_out="Renew it.")
    else:
        yield about.ok(
            "certificate-ends", f"The certificate of {about.subject} is good for {left} days.", evidence=evidence
        )
