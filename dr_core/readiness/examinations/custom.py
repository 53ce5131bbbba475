"""Custom steps before a run: what has no check, what a document declares, whether a webhook's host can be trusted.

That functions and documents exist in each region is asked with the other names (`names.py`), and whether they may be
called with the other permissions.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeDocument.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from dr_core.readiness.asking import call, found
from dr_core.readiness.examination import HERE, About, Inquiry, Subject
from dr_core.readiness.examinations.certificates import Served, serve
from dr_core.readiness.model import Check
from dr_core.topology.custom import Custom, CustomLambda, CustomSsmDocument, CustomStep, CustomWebhook

AREA = "custom steps"


@dataclass(frozen=True)
class Declared:
    """The parameters of a document: `all` that it takes, and those that it must be given."""

    all: frozenset[str]
    needed: frozenset[str]


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    for entry in subject.application.custom:
        step: CustomStep = entry.value
        yield Inquiry("custom-unknown", AREA, step.name, HERE, "dr.yaml", lambda: None, partial(judge, entry))
        if entry.ssm_document:
            yield from _document(subject, entry.ssm_document)
        elif entry.webhook:
            yield from _webhook(subject, entry.webhook)


def _document(subject: Subject, spec: CustomSsmDocument) -> Iterator[Inquiry[Any]]:
    for name in dict.fromkeys(name for name in (spec.document, spec.verify, spec.undo) if name):
        for region in subject.application.regions:
            yield Inquiry(
                "document-parameters", AREA, name, region, f"SSM DescribeDocument, {region}",
                partial(declared, subject, name, region), partial(judge_document, spec),
            )  # fmt: skip


def _webhook(subject: Subject, spec: CustomWebhook) -> Iterator[Inquiry[Any]]:
    for url in dict.fromkeys(url for url in (spec.url, spec.verify, spec.undo) if url):
        parts = urlsplit(url)
        host, port = str(parts.hostname), parts.port or 443
        yield Inquiry(
            "webhook-unreachable", AREA, f"{host}:{port}", f"tls:{host}", "TLS handshake",
            partial(serve, subject, host, host, port), judge_host, anywhere=True,
        )  # fmt: skip
    if spec.secret is None:
        yield Inquiry(
            "webhook-key", AREA, spec.name, HERE, "DR_WEBHOOK_KEY",
            lambda: subject.surroundings.webhook_key, judge_own_key, anywhere=True,
        )  # fmt: skip
        return
    for region in subject.application.regions:
        yield Inquiry(
            "webhook-key", AREA, spec.secret, region, f"Secrets Manager DescribeSecret, {region}",
            partial(_has_secret, subject, spec.secret, region), judge_key,
        )  # fmt: skip


# -- what is asked ---------------------------------------------------------------------------------------------------


def declared(subject: Subject, name: str, region: str) -> Declared:
    """Raises RejectedError where there is no such document, which `names.py` says."""
    listed = call(subject, "ssm", region, "DescribeDocument", Name=name)["Document"].get("Parameters") or []
    needed = {str(one["Name"]) for one in listed if one.get("DefaultValue") is None}
    return Declared(frozenset(str(one["Name"]) for one in listed), frozenset(needed))


def _has_secret(subject: Subject, name: str, region: str) -> bool:
    answer = found(subject, "secretsmanager", region, "DescribeSecret", SecretId=name)
    return answer is not None and answer.get("DeletedDate") is None


# -- what it means ---------------------------------------------------------------------------------------------------


def judge(entry: Custom, _: None, about: About) -> Iterable[Check]:
    step: CustomStep = entry.value
    if _can_be_asked(entry):
        yield about.ok("custom-unchecked", f"Whether {step.name} is done can be asked.")
    else:
        message = f"Nobody can ask whether {step.name} is done: where its answer is lost, it is sent again."
        yield about.warning("custom-unchecked", message, way_out="Name what says so under `verify`.")
    if step.after != "prepare":
        yield _holds_up(step, about)


def _can_be_asked(entry: Custom) -> bool:
    """Documents by their executions, plug-ins as they do it, the others only by a check."""
    match entry.value:
        case CustomLambda(verify=None) | CustomWebhook(verify=None):
            return False
    return True


def _holds_up(step: CustomStep, about: About) -> Check:
    """A run that has fenced goes on without it, unless it is required."""
    longest = f"{step.timeout.total_seconds():g} s"
    if not step.needed:
        message = (
            f"{step.name} may hold a run up for {longest} after the source was fenced; it goes on without it then."
        )
        return about.info("custom-holds-up", message, evidence=f"after {step.after}, timeout {longest}")
    end = "waits for it however long" if step.after in ("promote", "switch") else f"fails after {longest}"
    message = f"{step.name} is required after the source was fenced: a run {end}."
    return about.warning("custom-holds-up", message, way_out="Leave `required` out, and the run goes on without it.")


def judge_document(spec: CustomSsmDocument, seen: Declared, about: About) -> Iterable[Check]:
    given = set(spec.parameters)
    unknown, missing = sorted(given - seen.all), sorted(seen.needed - given)
    if not unknown and not missing:
        yield about.ok("document-parameters", f"{about.subject} takes the parameters that it is given.")
        return
    said = [f"does not take {', '.join(unknown)}"] if unknown else []
    said += [f"needs {', '.join(missing)}"] if missing else []
    message = f"{about.subject} in {about.region} {' and '.join(said)}: it could not be started."
    way_out = f"Correct the document, or the parameters of {spec.name}."
    yield about.blocking("document-parameters", message, evidence=f"given {sorted(given)}", way_out=way_out)


def judge_host(seen: Served, about: About) -> Iterable[Check]:
    if seen.certificate is None:
        message = f"What {about.subject} serves cannot be trusted: a webhook would not be sent."
        yield about.blocking("webhook-untrusted", message, evidence=seen.problem, way_out="Renew its certificate.")
        return
    yield about.ok("webhook-untrusted", f"{about.subject} can be trusted.", evidence=seen.certificate.issuer)
    message = f"In which region {about.subject} stands is not known: names of this application are sent there."
    yield about.info("webhook-residency", message, way_out="Make sure that its host may know them.")


def judge_key(there: bool, about: About) -> Iterable[Check]:
    if there:
        yield about.ok("webhook-key", f"The secret {about.subject} is there.")
    else:
        message = f"There is no secret {about.subject} in {about.region}: webhooks could not be signed from there."
        yield about.blocking("webhook-key", message, way_out="Replicate it there.")


def judge_own_key(there: bool, about: About) -> Iterable[Check]:
    if there:
        yield about.ok("webhook-key", f"The worker has a key to sign {about.subject} with.")
    else:
        message = f"The worker has no key to sign {about.subject} with: it would not be sent."
        yield about.blocking("webhook-key", message, way_out="Set DR_WEBHOOK_KEY, or name a secret under `secret`.")
