"""docs/simulated-aws.md is the tables of the simulated AWS, and everything that the product calls is in it."""

from tests.shape import simulated_aws


def test_the_page_is_printed_from_the_tables() -> None:
    """`python -m tests.shape.simulated_aws` after a change."""
    assert simulated_aws.PAGE.read_text(encoding="utf-8") == simulated_aws.page()


def test_every_operation_that_the_product_calls_exists_in_the_world() -> None:
    left = [(row.service, row.operation) for row in simulated_aws.rows() if row.plays is None]
    assert [call for call in left if not simulated_aws.moto_has(*call)] == []


def test_every_operation_of_the_world_says_in_a_line_what_it_plays() -> None:
    assert [row for row in simulated_aws.rows() if row.plays is not None and not row.plays.endswith((".", ")"))] == []


def test_every_operation_has_its_page() -> None:
    assert [row for row in simulated_aws.rows() if not row.page.startswith("https://docs.aws.amazon.com/")] == []
