"""The docs hold: links lead somewhere, commands exist, dependencies are explained, terms stand where they should."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.registry import registry
from dr_core.errors import UsageError
from tests.shape.parsed import ROOT, parsed

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?/?dr ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")
_MADE = re.compile(r"\bmake ([a-z]+)")
# Made by `make pictures` from the running sandbox.
PICTURES = ("docs/pictures/status.png", "docs/pictures/card.png", "docs/pictures/final.png")


def names(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in targets if not _leads(page, target)] == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_command_that_is_shown_exists(page: Path) -> None:
    """What this version cannot do is named without `dr` before it."""
    assert [typed for typed in _typed(page) if not _known(typed)] == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_make_target_that_is_shown_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = {name for code in _code(page) for name in _MADE.findall(code)}
    assert sorted(shown - targets) == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_path_of_code_that_is_shown_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = set(re.findall(r"`((?:bot|commands|dr_core|migrations|tests|docs)/[\w./-]+)`", text)) - set(PICTURES)
    assert sorted(path for path in shown if not (ROOT / path).exists()) == []


def test_the_readme_is_short_and_shows_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 140
    assert "make sandbox" in text
    assert "make test" in text


def test_every_decision_says_context_decision_and_consequences() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in decisions] == list(range(1, len(decisions) + 1))
    for page in decisions:
        headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], page.name


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {_package(line) for line in (*project["dependencies"], *extras["sandbox"], *extras["infra"])}
    text = (ROOT / "docs" / "decisions" / "0008-dependencies.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w.-]+)` \|", text, re.MULTILINE)) == wanted


def test_every_term_is_explained_and_stands_where_the_glossary_says() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"^\*\*(.+?)\*\*: (.+?)\n  In code: `(\w+)` in `([\w./]+)`\.$", text, re.MULTILINE | re.DOTALL)
    assert len(terms) == text.count("\n**")
    assert [term for term, *_ in terms] == sorted((term for term, *_ in terms), key=str.lower)
    for term, said, name, path in terms:
        assert said.rstrip().endswith("."), term
        assert name in set(_defined(ROOT / path)), f"{term}: {path} defines no {name}"


def _defined(path: Path) -> Iterator[str]:
    """Names of classes, functions, arguments, fields and variables."""
    for node in parsed(path).nodes:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def _leads(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    found = (page.parent / path).resolve() if path else page
    if found.is_relative_to(ROOT) and found.relative_to(ROOT).as_posix() in PICTURES:
        return True
    return found.exists() and (not anchor or anchor in _anchors(found))


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _code(page: Path) -> Iterator[str]:
    """Lines of code blocks, and code in the text."""
    text = page.read_text(encoding="utf-8")
    for block in _CODE.findall(text):
        yield from block.splitlines()[1:-1]
    yield from re.findall(r"`([^`\n]+)`", _CODE.sub("", text))


def _typed(page: Path) -> Iterator[str]:
    for code in _code(page):
        if found := _TYPED.match(code.strip()):
            yield found[1]


def _known(typed: str) -> bool:
    try:
        registry().take(typed.split(), "dr")
    except UsageError:
        # `run` and `audit` alone name a family of commands.
        return any(command.name.startswith(f"{typed} ") for command in registry().commands)
    return True


def _package(line: str) -> str:
    return re.split(r"[\[<>=~ ]", line)[0]
