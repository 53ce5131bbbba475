"""Habits of the house that a reader counts on: docstrings, names, who may catch everything, plain text."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

# Where everything may be caught: at the end of somebody's call or loop, never on the way there.
CATCH_ALL = {
    "bot/errors.py": "the one place where an error becomes a Slack message with an id",
    "bot/loops.py": "background work must not die silently; it is logged and tried again",
    "bot/modals.py": "Slack needs an acknowledgement of a modal whatever happens",
    "bot/process.py": "a report that fails must not end the ticks of the others",
    "bot/sandbox/world/world.py": "closes what was opened and raises again",
    "commands/faults.py": "an unexpected error becomes a message with an id",
    "dr_core/detection/intake.py": "one message must not keep the others of its batch in the queue",
    "dr_core/duty.py": "a fault in one round of a duty must not stop the next",
    "dr_core/plan/kinds/custom_plugin.py": "whatever another package's step raises is an error that names it",
    "dr_core/plan/plugins.py": "another package may break in any way while it is loaded",
    "dr_core/execution/look.py": "a fault of ours in one step is that step's error",
    "dr_core/execution/records.py": "a defect in measuring a loss must not keep a fenced region without a writer",
    "dr_core/execution/runner.py": "a fault in one run must not stop the others",
    "dr_core/observation/asking.py": "one question's fault costs that answer, not the pass",
    "dr_core/readiness/preflight.py": "a fault in one examination must not leave an application without a sheet",
    "dr_core/store/engine.py": "SQLAlchemy raises whatever a malformed URL makes it raise",
    "dr_core/terminal/clerk.py": "a fault in one submission must not stop the counter",
}
# Real time passes here, and why nothing else would do.
REAL_TIME = {
    "tests/sandbox/test_slack_launcher.py": "polls a real process with a deadline",
    "tests/process/": "kills and stops real processes, and waits for their leases",
    "tests/scenario/": "polls real processes with a deadline",
    "tests/unit/bot/test_process.py": "polls a real process with a deadline",
    "tests/mutants/": "ends a mutant that runs for ever; nobody runs it with the suite",
    "tests/bench/": "measures",
    "tests/simulation/__main__.py": "measures what it spent",
    "tests/unit/custom/test_redaction.py": "its own processor time, of which a busy machine takes nothing away",
    "tests/unit/store/test_contention.py": "PostgreSQL's own clock ends what a stopped process holds",
    "tests/sandbox/world/test_world_answers.py": "a lower bound: a host that answers late does answer late",
}
CLOCKS = ("sleep", "monotonic", "perf_counter", "process_time", "thread_time", "time")
WAITING = ("communicate", "join", "result", "timeout", "wait_for")
SOON_S = 10
"""Whoever waits for something with an end gives it at least this long: a busy machine needs it."""
EMPTY_NAMES = frozenset({"util", "utils", "helper", "helpers", "common", "base", "manager", "misc", "core"})
# Symbols that draw as pictures; arrows, dots and dashes are text.
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\ufe0f]")
PICTURES = ("bot/views/", "bot/sandbox/web/", "tests/")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
PUT_OFF = re.compile(r"\b(placeholder|for now|temporary hack|not implemented)\b", re.IGNORECASE)


def test_a_room_begins_with_one_docstring_and_nothing_else(modules: Any) -> None:
    wrong = [
        module.name
        for module in modules
        if module.path.name == "__init__.py" and (len(module.tree.body) != 1 or not module.docstring)
    ]
    assert wrong == []


def test_every_package_has_its_docstring(modules: Any) -> None:
    shipped = {module.path.parent for module in modules if module.shipped}
    rooms = {module.path.parent for module in modules if module.path.name == "__init__.py"}
    assert sorted(path.as_posix() for path in shipped - rooms) == []


def test_every_file_says_its_idea(modules: Any) -> None:
    assert [module.name for module in modules if not module.docstring] == []


def test_a_docstring_is_a_sentence(modules: Any) -> None:
    """Its first line stands alone: docs/codebase.md is made of these lines."""
    first = {module.name: module.docstring.partition("\n")[0] for module in modules}
    assert [name for name, line in first.items() if not line.endswith((".", "?", "!", ")"))] == []


def test_a_name_says_what_is_in_it(modules: Any) -> None:
    named = {part for module in modules for part in (*module.path.parent.parts, module.path.stem) if part != "dr_core"}
    assert sorted(name for name in named if EMPTY_NAMES & set(name.split("_"))) == []


def test_everything_is_caught_in_known_places_only(modules: Any) -> None:
    catching = {module.name for module in modules if module.shipped and any(_catch_all(module.nodes))}
    assert sorted(catching - CATCH_ALL.keys()) == []
    assert sorted(CATCH_ALL.keys() - catching) == [], "these catch everything no longer"


def test_no_test_lets_time_pass_or_measures_it(modules: Any) -> None:
    clocked = {m.name for m in modules if not m.shipped and any(_calls(m.nodes, "time", *CLOCKS))}
    assert sorted(name for name in clocked if not name.startswith(tuple(REAL_TIME))) == []
    assert [known for known in REAL_TIME if not any(name.startswith(known) for name in clocked)] == []


def test_no_test_gives_anything_less_than_its_time(modules: Any) -> None:
    """Of threads, tasks and processes that have to end; what must not have ended may be looked at soon."""
    hasty = [f"{m.name}:{one.lineno}" for m in modules if not m.shipped for one in _hasty(m.nodes)]
    assert hasty == []


def test_no_picture_stands_in_code_or_docs(texts: Any) -> None:
    assert [name for name, text in texts if not name.startswith(PICTURES) and EMOJI.search(text)] == []


def test_nothing_is_left_unfinished(texts: Any, modules: Any) -> None:
    here = Path(__file__).name
    marked = [name for name, text in texts if UNFINISHED.search(text) and not name.endswith(here)]
    assert marked == []
    perhaps = [module for module in modules if module.shipped and PUT_OFF.search(module.text)]
    assert {m.name: said for m in perhaps if (said := [one for one in _said(m) if PUT_OFF.search(one)])} == {}


def test_the_lock_names_no_index() -> None:
    """Packages come from the registry of whoever installs them."""
    lock = (Path(__file__).parents[2] / "requirements.lock").read_text(encoding="utf-8")
    assert re.findall(r"(?:https?://|--index-url|--find-links)\S*", lock) == []


def _catch_all(nodes: Iterable[ast.AST]) -> Iterator[ast.ExceptHandler]:
    for node in nodes:
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in kinds):
                yield node


def _hasty(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """Waits with a number of seconds below SOON_S; `join(0.3)` and the like look whether somebody still waits."""
    for node in nodes:
        if not isinstance(node, ast.Call) or ast.unparse(node.func).rpartition(".")[2] not in WAITING:
            continue
        given = [*node.args[-1:], *(one.value for one in node.keywords if one.arg == "timeout")]
        seconds = [one.value for one in given if isinstance(one, ast.Constant) and type(one.value) in (int, float)]
        if any(1 <= one < SOON_S for one in seconds):
            yield node


def _calls(nodes: Iterable[ast.AST], module: str, *functions: str) -> Iterator[ast.Call]:
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in functions:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == module:
                yield node


def _said(module: Any) -> Iterator[str]:
    """Comments and docstrings."""
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in module.nodes:
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node) or ""
