"""Ids go into `dr.yaml` without touching anything else of it."""

from pathlib import Path

import pytest

from dr_core.errors import ConfigError, ConflictError, RejectedError
from infra.config import read_config
from infra.deploying import dr_yaml
from infra.deploying.assembly import read_assembly
from infra.deploying.planning import unset
from tests.infra.synthesized import CONFIGS, EXAMPLE, Assembly

ARN = "arn:aws:route53-recovery-control::111122223333:controlpanel/p/routingcontrol/{}"
CHECK = "applications.shop.health.1.route53.eu-west-1"


def test_a_value_that_stands_there_is_the_only_thing_that_changes() -> None:
    before = EXAMPLE.read_text(encoding="utf-8")
    after = dr_yaml.written(before, {CHECK: "hc-1234"})
    assert dr_yaml.value_at(after, CHECK) == "hc-1234"
    assert after == before.replace('"deployed:eu-west-1"', '"hc-1234"')


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("north", "budget.aws_budget"),
        ("three", "applications.tickets.traffic.1.arc_routing_controls.safety_rules.0"),
    ],
)
def test_a_missing_entry_is_added_and_every_comment_stays(name: str, path: str) -> None:
    before = (CONFIGS / f"{name}.yaml").read_text(encoding="utf-8")
    path = (
        "budget.aws_budget" if name == "north" else "applications.tickets.traffic.1.arc_routing_controls.safety_rules.0"
    )
    after = dr_yaml.written(before, {path: "arn:aws:x:y"})
    assert dr_yaml.value_at(after, path) == "arn:aws:x:y"
    assert before.splitlines()[0] == after.splitlines()[0]  # its comment
    changed = [
        line for line in dr_yaml.diff(name, before, after) if line.startswith("-") and not line.startswith("---")
    ]
    assert len(changed) <= 2


def test_a_path_through_something_that_is_not_there_is_refused() -> None:
    before = EXAMPLE.read_text(encoding="utf-8")
    with pytest.raises(RejectedError, match=r"no applications\.other"):
        dr_yaml.written(before, {"applications.other.health.0.route53.eu-west-1": "x"})


def test_a_value_is_quoted_so_that_it_stays_what_it_is() -> None:
    text = "a: {b: deployed:x, c: 1}\n"
    after = dr_yaml.written(text, {"a.b": 'no: "x"'})
    assert dr_yaml.value_at(after, "a.b") == 'no: "x"'
    assert dr_yaml.value_at(after, "a.c") == "1"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a:\n  k:\n  z: 1\n", 'a:\n  k: "v"\n  z: 1\n'),  # empty
        ("a:\n  k:\n  # of z\n  z: 1\n", 'a:\n  k: "v"\n  # of z\n  z: 1\n'),
        ("a: {k: , z: 1}\n", 'a: {k: "v" , z: 1}\n'),
        ("a:\n  k: # later\n  z: 1\n", 'a:\n  k: "v" # later\n  z: 1\n'),
        ("a:\n  k: >\n    old\n    more\n\n  # c\n  z: 1\n", 'a:\n  k: "v"\n\n  # c\n  z: 1\n'),  # folded
        ("a:\n  k: |-\n    old\n  z: 1\n", 'a:\n  k: "v"\n  z: 1\n'),
        ("a:\r\n  k: x # c\r\n  z: 1\r\n", 'a:\r\n  k: "v" # c\r\n  z: 1\r\n'),
        ("a:\r\n  z: 1\r\n", "a:\r\n  z: 1\r\n  k: v\r\n"),  # added, in the file's own line ends
    ],
)
def test_a_value_goes_into_whatever_stands_there(text: str, after: str) -> None:
    assert dr_yaml.written(text, {"a.k": "v"}) == after


@pytest.mark.parametrize(
    "text",
    [
        "a: {k: &x old}\nb: *x\n",
        "b: &x old\na: {k: *x}\n",
        "b: &x {k: old}\na: *x\n",
        "b: &x {k: old}\na: {<<: *x, z: 1}\n",
    ],
)
def test_what_others_share_is_not_written(text: str) -> None:
    with pytest.raises(RejectedError, match=r"a\.k stands in a part of dr\.yaml that others share") as refused:
        dr_yaml.written(text, {"a.k": "v"})
    assert '"v"' in str(refused.value)


def test_what_somebody_saved_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    path, before = tmp_path / "dr.yaml", EXAMPLE.read_text(encoding="utf-8")
    theirs = f"# mine\n{before}"
    path.write_text(theirs, encoding="utf-8")
    with pytest.raises(ConflictError, match="saved by somebody else meanwhile"):
        dr_yaml.replace(path, before, dr_yaml.written(before, {CHECK: "hc-1"}))
    assert path.read_text(encoding="utf-8") == theirs
    assert [one.name for one in tmp_path.iterdir()] == ["dr.yaml"]


def test_a_link_stays_a_link_and_line_ends_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real" / "dr.yaml", tmp_path / "dr.yaml"
    real.parent.mkdir()
    real.write_bytes(EXAMPLE.read_bytes().replace(b"\n", b"\r\n"))
    link.symlink_to(real)
    before = dr_yaml.read(link)
    dr_yaml.replace(link, before, dr_yaml.written(before, {CHECK: "hc-1"}))
    assert link.is_symlink()
    assert real.read_bytes() == before.replace('"deployed:eu-west-1"', '"hc-1"').encode()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(RejectedError, match="cannot be written"):
        dr_yaml.replace(tmp_path / "none" / "dr.yaml", "", "")
    with pytest.raises(RejectedError, match="cannot be read"):
        dr_yaml.read(tmp_path / "none.yaml")


def test_a_file_that_would_be_refused_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "dr.yaml"
    before = EXAMPLE.read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    path.chmod(0o640)
    with pytest.raises(ConfigError):
        dr_yaml.replace(path, before, before.replace("version: 1", "version: nothing"))
    assert path.read_text(encoding="utf-8") == before
    dr_yaml.replace(path, before, dr_yaml.written(before, {CHECK: "hc-1"}))
    assert dr_yaml.value_at(path.read_text(encoding="utf-8"), CHECK) == "hc-1"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["dr.yaml"]


def test_every_id_that_a_stack_writes_has_its_place(each: Assembly, tmp_path: Path) -> None:
    """With all of them written the file is accepted, and nothing only stands for an id any more."""
    name = each.folder.name.removeprefix("cdk-")
    before = (EXAMPLE if name == "example" else CONFIGS / f"{name}.yaml").read_text(encoding="utf-8")
    paths = [path for stack in read_assembly(each.folder).stacks.values() for path in stack.writes]
    path = tmp_path / "dr.yaml"
    path.write_text(dr_yaml.written(before, {one: ARN.format(n) for n, one in enumerate(paths)}), encoding="utf-8")
    assert paths
    assert list(unset(read_config(path))) == []
