"""The deployment report as lines and as Markdown."""

from collections.abc import Iterable
from datetime import datetime

from commands.rendering.deploy import leftovers
from commands.rendering.deploy_cost import amount, sentences
from commands.rendering.document import Document, Figure, Mood, Section, Sentences, Table, Word
from commands.rendering.document_lines import lines
from commands.rendering.document_markdown import markdown
from commands.rendering.words import UNKNOWN, clock
from infra.deploying.model import DeployReport, StackReport, not_known


def report(found: DeployReport, _now: datetime) -> Iterable[str]:
    return lines(document(found))


def markdown_of(found: DeployReport) -> str:
    return markdown(document(found))


def document(found: DeployReport) -> Document:
    """What stands first, then what is open, then the cost."""
    standing = sum(one.status is not None for one in found.stacks)
    cost = found.estimate
    figures = (
        Figure("Stacks", _mood(str(standing), standing == len(found.stacks)), f"of {len(found.stacks)}"),
        Figure("Cost a month", Word(amount(cost)) if cost else Word(UNKNOWN), cost.fits if cost else ""),
        Figure("Drift", _drift(found.stacks), "what differs from its template"),
    )
    sections = [
        Section("Stacks", (Table(("stack", "region", "status", "changed", "by", "drift"), _rows(found)),)),
        *_listed("What was changed beside its template", _drifted(found.stacks)),
        *_listed("Left to people", [f"{path}: {why}" for path, why in found.left.items()]),
        *_listed("Ids that AWS has still to assign", found.unset),
        *_listed("No longer in dr.yaml, in the order of taking them down", leftovers(found.leftovers)),
        *_listed("Not known", [*_unknown(found.stacks), *not_known(found.unasked)]),
        *_listed("Cost", list(sentences(cost)) if cost else []),
        *_listed("Versions", [f"{name} {version}" for name, version in found.versions.items()]),
    ]
    about = (f"{found.name}, account {found.account}, {found.size}", f"as of {clock(found.at)}")
    return Document(f"Deployment of {found.name}", about, figures, tuple(sections))


def _rows(found: DeployReport) -> tuple[tuple[str | Word, ...], ...]:
    return tuple(
        (
            one.stack, one.region, _mood(one.status or "does not stand", _well(one)),
            clock(one.changed_at) if one.changed_at else "", one.by or UNKNOWN, one.drift or UNKNOWN,
        )
        for one in found.stacks
    )  # fmt: skip


def _well(one: StackReport) -> bool:
    return one.status is not None and one.status.endswith("_COMPLETE") and "ROLLBACK" not in one.status


def _drift(stacks: Iterable[StackReport]) -> Word:
    told = [one.drift for one in stacks if one.status is not None]
    if "DRIFTED" in told:
        return Word(f"{told.count('DRIFTED')} stacks", Mood.BAD)
    return Word(UNKNOWN, Mood.UNKNOWN) if None in told or not told else Word("none", Mood.GOOD)


def _unknown(stacks: Iterable[StackReport]) -> list[str]:
    """Each reason once, with the stacks that it is about."""
    about: dict[str, list[str]] = {}
    for one in stacks:
        for note in one.notes:
            about.setdefault(note, []).append(one.stack)
    return [f"{note} ({names[0] if len(names) == 1 else f'{len(names)} stacks'})" for note, names in about.items()]


def _drifted(stacks: Iterable[StackReport]) -> list[str]:
    return [f"{one.stack}: {resource}" for one in stacks for resource in one.drifted]


def _mood(text: str, well: bool) -> Word:
    return Word(text, Mood.GOOD if well else Mood.BAD)


def _listed(title: str, texts: Iterable[str]) -> list[Section]:
    told = tuple(texts)
    return [Section(title, (Sentences(told),))] if told else []
