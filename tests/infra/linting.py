"""`python -m tests.infra.linting FOLDER...`: what cfn-lint says of the templates of some assemblies.

In one process, of its own: its rules are read once, what differs in names alone is asked once, and the memory of a test
run is not searched for garbage again and again meanwhile.
"""

import gc
import json
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from infra.policy import accepted
from tests.infra.synthesized import Assembly, Json, Template

_BY_REGION = ("AWS::RDS::", "AWS::ElastiCache::", "AWS::EC2::LaunchTemplate", "AWS::AutoScaling::")
"""Of which kinds of instances there are differs from region to region."""
_KINDS = re.compile(r"(Class|Type|Version|Engine|Family|Protocol|Period|Runtime)$")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_UNUSED = ("W2001", "W8001")
"""Said of a template of which something was left out: what that used is not used any more."""


@cache
def _rules(ignored: tuple[str, ...]) -> Any:
    from cfnlint.runner import Runner

    return Runner(_config("us-east-1", ignored)).rules


@cache
def _config(region: str, ignored: tuple[str, ...]) -> Any:
    from cfnlint.config import ConfigMixIn

    return ConfigMixIn(regions=[region], ignore_checks=[*ignored])


def linted(assemblies: Iterable[Assembly], ignored: Sequence[str]) -> Iterator[str]:
    """One line for everything that it says; each template is held against the schemas of its own region."""
    from cfnlint.decode.decode import decode_str
    from cfnlint.runner import run_template_by_data

    seen: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, of its regular expressions
        for assembly in assemblies:
            for template in assembly.templates.values():
                yield from _unknown_types(template)
                body = without_known(template, seen)
                if not body["Resources"]:
                    continue
                read, errors = decode_str(json.dumps(body))
                settings = _config(template.region, tuple(ignored))
                for one in errors or run_template_by_data(read, settings, _rules(tuple(ignored))):
                    if one.rule.id not in _UNUSED or body == template.body:
                        yield f"{template.stack} {one.rule.id} {one.path}: {one.message}"


def without_known(template: Template, seen: set[str]) -> Json:
    """The template without the resources whose like was asked before, as far as nothing else refers to them."""
    resources = dict(template.body.get("Resources", {}))
    shapes = {name: shape(body, template.region) for name, body in resources.items()}
    if set(shapes.values()) <= seen:
        return {**template.body, "Resources": {}}
    for name, found in shapes.items():
        if found not in seen:
            seen.add(found)
            continue
        rest = json.dumps({**template.body, "Resources": {**resources, name: None}})
        if rest.count(f'"{name}"') == 1 and f"${{{name}" not in rest:
            del resources[name]
    return {**template.body, "Resources": resources}


def shape(body: Json, region: str) -> str:
    """What is left of a resource without its names: keys, numbers, words that stand for a kind, how names are built."""
    where = region if body["Type"].startswith(_BY_REGION) else ""
    return f"{where} {json.dumps(_shape({**body, 'Metadata': None}), sort_keys=True)}"


def _shape(value: Any, key: str = "") -> Any:
    match value:
        case dict():
            return {name: _shape(inner, name) for name, inner in value.items()}
        case list():
            return list(dict.fromkeys(json.dumps(_shape(inner, key), sort_keys=True) for inner in value))
        case str() if not (_KINDS.search(key) or value.isalpha()):
            return _NAME.sub("a", value)
    return value


def _unknown_types(template: Template) -> Iterator[str]:
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    known = PROVIDER_SCHEMA_MANAGER.get_resource_types(template.region)
    for name, body in template.body.get("Resources", {}).items():
        if body["Type"] not in known:
            yield f"{template.stack} {name}: {body['Type']} does not exist in {template.region}"


def main() -> int:
    gc.disable()
    folders = [Path(word) for word in sys.argv[1:]]
    said = list(linted((Assembly(folder, folder) for folder in folders), list(accepted.LINT)))
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
