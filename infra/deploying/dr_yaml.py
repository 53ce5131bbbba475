"""Ids into `dr.yaml`: where a value stands, only its characters change; comments, order and layout stay."""

import difflib
import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.util import load_yaml_guess_indent

from dr_core.errors import ConflictError, RejectedError
from dr_core.topology.load import load_checked


def value_at(text: str, path: str) -> str | None:
    """What stands at a path (keys and numbers of entries, joined by dots); None: nothing does."""
    node = _node(_composed(text), path.split("."))
    return str(node.value) if isinstance(node, ScalarNode) else None


def written(text: str, values: Mapping[str, str]) -> str:
    """The file with each value at its path. RejectedError where a path leads through something that is not there."""
    root = _composed(text)
    for path, value in values.items():
        _refuse_shared(root, path, value)
    found = {path: _node(root, path.split(".")) for path in values}
    spans = {
        _span(text, root, path.split("."), node): values[path]
        for path, node in found.items()
        if isinstance(node, ScalarNode)
    }
    for (start, end), value in sorted(spans.items(), reverse=True):
        text = text[:start] + _in_place(text[start:end], value) + text[end:]
    absent = {path: values[path] for path, node in found.items() if not isinstance(node, ScalarNode)}
    return _added(text, absent) if absent else text


def _span(text: str, root: Node | None, parts: list[str], node: ScalarNode) -> tuple[int, int]:
    """Where its characters stand. An empty value has none, and the parser's mark lies anywhere after its colon."""
    above = _node(root, parts[:-1])
    if node.start_mark.index == node.end_mark.index and isinstance(above, MappingNode):
        key = next(key for key, value in above.value if value is node)
        after = text.index(":", key.end_mark.index) + 1
        return after, after
    return node.start_mark.index, node.end_mark.index


def _in_place(old: str, value: str) -> str:
    """Of a folded or literal text the line's end belongs to it, of an empty one not even a blank."""
    fresh = json.dumps(value, ensure_ascii=False)
    return fresh + old[len(old.rstrip()) :] if old else f" {fresh}"


def _refuse_shared(root: Node | None, path: str, value: str) -> None:
    """RejectedError where the place is one with others, by an anchor or by `<<`: all of them would change."""
    parts = path.split(".")
    for length in range(1, len(parts) + 1):
        above, node = _node(root, parts[: length - 1]), _node(root, parts[:length])
        keys = [str(key.value) for key, _ in above.value] if isinstance(above, MappingNode) else []
        if getattr(node, "anchor", None) or (node is None and "<<" in keys):
            raise RejectedError(
                f"{path} stands in a part of dr.yaml that others share (an anchor): it is not written.",
                hint=f'Give it a place of its own, or write it by hand: "{value}".',
            )


def diff(path: str, before: str, after: str) -> tuple[str, ...]:
    """The lines that change, as a unified diff."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), path, path, lineterm="", n=1)
    return tuple(lines)


def read(path: Path) -> str:
    """As it is, with the line ends that it has."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RejectedError(f"{path} cannot be read ({error}).") from error


def replace(path: Path, before: str, text: str) -> None:
    """The whole file at once, if `text` is a configuration that is accepted; else ConfigError, and nothing changes.

    ConflictError where it is no longer `before`: somebody has saved it meanwhile. A link stays one.
    """
    fresh = None
    try:
        real = path.resolve(strict=True)
        handle, name = tempfile.mkstemp(prefix=f".{real.name}.", suffix=".new", dir=real.parent)
        fresh = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(real.stat().st_mode & 0o777)
        load_checked(fresh)
        if read(real) != before:
            raise ConflictError(f"{path} was saved by somebody else meanwhile: it is not written.", hint="Try again.")
        fresh.replace(real)
    except OSError as error:
        raise RejectedError(f"{path} cannot be written ({error.strerror or error}).") from error
    finally:
        if fresh is not None:
            fresh.unlink(missing_ok=True)


def _composed(text: str) -> Node | None:
    composed: Node | None = YAML(pure=True).compose(text)
    return composed


def _node(node: Node | None, parts: list[str]) -> Node | None:
    for part in parts:
        if isinstance(node, MappingNode):
            node = next((value for key, value in node.value if str(key.value) == part), None)
        elif isinstance(node, SequenceNode) and part.isdigit():
            node = node.value[int(part)] if int(part) < len(node.value) else None
        else:
            return None
    return node


def _added(text: str, values: Mapping[str, str]) -> str:
    """What was not there yet. ruamel keeps comments and order; its layout follows the file's own indents."""
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 4096
    data, indent, offset = load_yaml_guess_indent(text, yaml=yaml)
    for path, value in values.items():
        _put(data, path.split("."), value, path)
    yaml.indent(mapping=2, sequence=indent or 4, offset=offset if offset is not None else 2)
    out = io.StringIO()
    yaml.dump(data, out)
    made = out.getvalue()
    return "\r\n".join(made.splitlines()) + "\r\n" if "\r\n" in text else made


def _put(data: Any, parts: list[str], value: str, path: str) -> None:
    """The last two parts may be missing: a key, and a first entry of its list."""
    *way, last = parts
    for number, part in enumerate(way):
        key: str | int = int(part) if isinstance(data, list) else part
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError) as error:
            if number != len(way) - 1 or not isinstance(data, dict):
                raise RejectedError(
                    f"dr.yaml has no {path}.", hint="Deploy from the file that the stacks were made of."
                ) from error
            data[part] = [] if last.isdigit() else {}
            data = data[part]
    if isinstance(data, list) and int(last) == len(data):
        data.append(value)
    elif isinstance(data, list):
        data[int(last)] = value
    elif isinstance(data, dict):
        data[last] = value
    else:
        raise RejectedError(f"dr.yaml has no {path}.")
