"""The pages of a runbook: complete, self-contained, and shell that bash can parse."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dr_core.aws.cli import at_least, aws, is_, text
from dr_core.plan.failover import build
from dr_core.plan.step import Mode
from dr_core.runbook.paper import Seen
from dr_core.runbook.shelf import Shelf, digest, shelf
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology

TOPOLOGIES = sorted((Path(__file__).parents[2] / "topologies").glob("*.yaml"))
NOW = datetime(2026, 11, 22, 10, 3, 12, tzinfo=UTC)
SEEN = Seen(NOW, "1.2.3", "eu-west-1", "the database's | only writer", 0.75, NOW)


def shelves(topology: Topology) -> list[Shelf]:
    return [shelf(topology, name, SEEN) for name in topology.applications]


def blocks(page: str) -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", TOPOLOGIES, ids=lambda path: path.stem)
def test_every_way_out_of_every_region_has_a_page_with_every_step_of_its_plan(path: Path) -> None:
    topology = load_topology(path)
    for found in shelves(topology):
        app = topology.applications[found.application]
        pages = {page.path: page.text for page in found.pages}
        ways = 2 * len(app.regions) * (len(app.regions) - 1) + (len(app.regions) if app.active_active else 0)
        assert len(pages) == 1 + ways
        index = pages.pop(f"{found.application}/README.md")
        for there, page in pages.items():
            assert f"({there.partition('/')[2]})" in index
            assert ("/return-to-" in there) is ("users back to" in page.partition("\n")[0])
        for source in app.regions:
            for target in set(app.regions) - {source}:
                for mode in Mode:
                    page = pages[f"{found.application}/{mode.value}-{source}-to-{target}.md"]
                    plan = build(topology, found.application, source=source, target=target, mode=mode)
                    assert plan.digest() in page
                    assert [line for line in page.splitlines() if line.startswith("### ")] == [
                        f"### {number}. {step.title}" for number, step in enumerate(plan.steps, start=1)
                    ]


@pytest.mark.parametrize("path", TOPOLOGIES, ids=lambda path: path.stem)
def test_bash_can_parse_every_page(path: Path) -> None:
    texts = [page.text for found in shelves(load_topology(path)) for page in found.pages]
    script = "\n".join(block for page in texts for block in blocks(page))
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_index_names_the_pages_that_lead_away_from_where_the_application_lives_first(shop: Topology) -> None:
    index = shelf(shop, "shop", SEEN).pages[0]
    assert index.path == "shop/README.md"
    first = re.findall(r"\(([a-z0-9-]+\.md)\)", index.text)[0]
    assert first == "forced-eu-west-1-to-eu-central-1.md"


def test_a_page_says_when_it_was_written_where_the_application_was_and_how_many_must_agree(shop: Topology) -> None:
    page = shelf(shop, "shop", SEEN).pages[1].text
    assert "2026-11-22 10:03:12 UTC by dr-bot 1.2.3" in page
    assert "eu-west-1: the database's / only writer" in page, "a bar would end the table's cell"
    assert "0.75 s (observed 2026-11-22 10:03:12 UTC)" in page
    assert "2 people who are not you" in page


def test_what_is_not_known_is_said_to_be_unknown(shop: Topology) -> None:
    page = shelf(shop, "shop", Seen(NOW, "1", None, "2 regions write", None, None)).pages[1].text
    assert "| active region then | unknown: 2 regions write |" in page
    assert "| exposure then | unknown (never observed) |" in page


def test_what_the_steps_leave_out_stands_on_the_page() -> None:
    full = load_topology(TOPOLOGIES[0].with_name("full.yaml"))
    database = full.applications["shop"].database
    assert database is not None
    assert database.aurora_global is not None
    alone = database.aurora_global.model_copy(update={"clusters": {"eu-central-1": "shop-eu-central-1"}})
    app = full.applications["shop"].model_copy(
        update={"database": database.model_copy(update={"aurora_global": alone})}
    )
    lacking = full.model_copy(update={"applications": {"shop": app}})
    page = shelf(lacking, "shop", SEEN).pages[1].text
    assert "## What these steps leave out" in page
    assert "names no part of" in page
    assert "--override" not in page, "paper takes no overrides"


def test_commands_of_another_account_begin_with_its_role() -> None:
    full = load_topology(TOPOLOGIES[0].with_name("full.yaml"))
    role = full.applications["shop"].account
    assert role is not None
    assert f"--role-arn {role.role_arn}" in blocks(shelf(full, "shop", SEEN).pages[1].text)[0]


def test_the_digest_changes_with_the_plans_and_with_nothing_else(shop: Topology) -> None:
    app = shop.applications["shop"]
    bigger = app.capacity[0].model_copy(update={"ecs": app.capacity[0].ecs.model_copy(update={"active": 9})})  # type: ignore[union-attr]
    changed = shop.model_copy(
        update={"applications": {"shop": app.model_copy(update={"capacity": (bigger, *app.capacity[1:])})}}
    )
    posted = shop.model_copy(update={"schedule": shop.schedule.model_copy(update={"health_digest": "0 9 * * *"})})
    assert digest(shop, "shop") == digest(posted, "shop")
    assert digest(shop, "shop") != digest(changed, "shop")


def test_words_that_mean_something_to_a_shell_or_a_query_are_quoted() -> None:
    assert aws("ecs", "x", "a b", "$HOME", region="r") == "aws ecs x --region r 'a b' '$HOME'"
    assert text("it`s") == '`"it\\u0060s"`'
    assert is_("aws x", "two words") == "[ \"$(aws x)\" = 'two words' ]"
    assert at_least("aws x", 3) == '[ "$(aws x)" -ge 3 ]'


def test_a_condition_over_a_long_listing_reads_one_page_of_it(shop: Topology) -> None:
    """As text the CLI answers a query once a page: what is compared would be several answers."""
    listings = [
        line
        for made in shelf(shop, "shop", SEEN).pages
        for line in made.text.splitlines()
        if re.search("list-resource-record-sets|list-objects-v2", line) and "--output text" in line
    ]
    assert listings
    assert all("--no-paginate" in line for line in listings)
    records = [line for line in listings if "list-resource-record-sets" in line]
    assert all("--start-record-name api.example.com" in line for line in records)
