"""A YAML file as plain values that remember their lines. Nothing in it is executed; no input ends in a traceback."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_BYTES = 8 * 1024 * 1024
MAX_VALUES = 500_000
MAX_DEPTH = 40

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
_PREFIX = "tag:yaml.org,2002:"
_LAST_PART = re.compile(r"(\.[^.\[\]]*|\[[^\[\]]*\]|^[^.\[\]]+)$")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (path as in `applications.shop.standby[0]`, line from 1) and what was expected."""

    path: str
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Document:
    """The values of the file, the line of each path, and what was wrong with the YAML itself."""

    value: Value
    lines: dict[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def line_of(self, path: str) -> int:
        """The line of `path`, or of the nearest part above it that the file has."""
        while path and path not in self.lines:
            path = _LAST_PART.sub("", path)
        return self.lines.get(path, 1)


def join_path(parent: str, part: str | int) -> str:
    """`applications.shop` and `standby` -> `applications.shop.standby`; a number becomes `[0]`."""
    if isinstance(part, int):
        return f"{parent}[{part}]"
    return f"{parent}.{part}" if parent else part


def read_document(path: Path) -> Document:
    """Read and compose `path`. Whatever is wrong stands in `problems`; `value` is None where nothing could be read."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except FileNotFoundError:
        return _broken("the file does not exist; DR_CONFIG names the file to use")
    except OSError as error:
        return _broken(f"the file cannot be read: {error.strerror or type(error).__name__}")
    if size > MAX_BYTES:
        return _broken(f"expected at most {MAX_BYTES // 1024 // 1024} MiB, got {size / 1024 / 1024:.1f} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _broken(f"expected UTF-8 text, got the byte 0x{content[error.start]:02x}", line)
    return compose_document(text)


def compose_document(text: str) -> Document:
    """The same for text at hand."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except RecursionError:
        return _broken("values are nested too deeply")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _broken(_yaml_words(error), mark.line + 1 if mark else None)
    except YAMLError as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else None
        return _broken("a character that YAML does not allow, such as a control character", line)
    except (ValueError, TypeError, AttributeError, IndexError):  # ruamel stumbles over some broken directives and tags
        return _broken("this is not valid YAML")
    if root is None:
        return _broken("the file is empty; expected version, residency, approval, applications and more")
    return _Conversion().document(root)


def _broken(message: str, line: int | None = None) -> Document:
    return Document(value=None, problems=(Problem("", message, line or 1),))


def _yaml_words(error: MarkedYAMLError) -> str:
    problem = " ".join(str(error.problem or error.context or "not valid YAML").split())
    if "'\\t'" in problem:
        return "a tab stands where YAML allows only spaces"
    if "found another document" in problem:
        return "expected one YAML document, got a second one after ---"
    if "mapping values are not allowed" in problem:
        return "a colon stands where no key can be; put text that holds ': ' in quotes, and check the indentation"
    return f"this is not valid YAML: {problem}".replace("\\x00", "the end of the file")


class _Conversion:
    """One walk over the nodes. Values count after aliases are followed: a small file cannot become a huge one."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}
        self._problems: list[Problem] = []
        self._open: set[int] = set()
        self._count = 0
        self._full = False

    def document(self, root: Node) -> Document:
        value = self._value(root, "")
        return Document(value, self._lines, tuple(self._problems))

    def _value(self, node: Node, path: str) -> Value:
        self._count += 1
        if self._count > MAX_VALUES:
            if not self._full:
                self._full = True
                self._refuse(node, path, f"more than {MAX_VALUES} values, aliases followed")
            return None
        if id(node) in self._open:
            return self._refuse(node, path, "an alias that contains itself")
        if len(self._open) >= MAX_DEPTH:
            return self._refuse(node, path, f"values are nested more than {MAX_DEPTH} deep")
        self._open.add(id(node))
        try:
            return self._convert(node, path)
        finally:
            self._open.discard(id(node))

    def _convert(self, node: Node, path: str) -> Value:
        kind = str(node.tag).removeprefix(_PREFIX)
        if isinstance(node, MappingNode) and kind == "map":
            return dict(self._entries(node, path))
        if isinstance(node, SequenceNode) and kind == "seq":
            items: list[Value] = []
            for index, item in enumerate(node.value):
                if self._full:
                    break
                here = join_path(path, index)
                self._lines[here] = item.start_mark.line + 1
                items.append(self._value(item, here))
            return items
        if isinstance(node, ScalarNode) and kind in _SCALARS:
            return _scalar(kind, node.value)
        return self._refuse(node, path, f"the tag {_short_tag(node)} is not allowed here")

    def _entries(self, node: MappingNode, path: str) -> Iterator[tuple[str, Value]]:
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if self._full:
                return
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self._refuse(key_node, path, "expected a plain key, got a list or a mapping as key")
                continue
            key = key_node.value
            here = join_path(path, key)
            if str(key_node.tag) == f"{_PREFIX}merge":
                self._refuse(key_node, here, "merge keys (<<) are not supported; write the values out, or use an alias")
            elif key in first_lines:
                message = f"the key {key!r} is given twice (first on line {first_lines[key]})"
                self._problems.append(Problem(here, message, line))
            else:
                first_lines[key] = self._lines[here] = line
                yield key, self._value(value_node, here)

    def _refuse(self, node: Node, path: str, message: str) -> Value:
        self._problems.append(Problem(path, message, node.start_mark.line + 1))
        return None


_SCALARS = frozenset({"str", "int", "float", "bool", "null", "timestamp"})
_SPECIAL_FLOATS = {".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}


def _scalar(kind: str, text: str) -> Value:
    """Dates stay text (the model reads them), and so does a number that Python cannot read (its type refuses it)."""
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("true", "yes", "on", "y")
    digits = text.replace("_", "")
    try:
        if kind == "int":
            return int(digits, 10 if digits.lstrip("+-").isdigit() else 0)
        if kind == "float":
            return _SPECIAL_FLOATS.get(digits.lower()) or float(digits)
    except ValueError:
        pass
    return text


def _short_tag(node: Node) -> str:
    tag = str(node.tag)
    return (f"!!{tag.removeprefix(_PREFIX)}" if tag.startswith(_PREFIX) else tag)[:60]
