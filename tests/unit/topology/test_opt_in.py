"""Between which regions SNS delivers, and as whom."""

import pytest

from dr_core.topology.opt_in import delivers, sns_principals

SNS = "sns.amazonaws.com"


@pytest.mark.parametrize(
    ("topics", "queue", "found"),
    [
        (["eu-west-1", "eu-central-1"], "eu-west-1", (SNS,)),
        (["eu-south-1", "eu-west-1"], "eu-west-1", (SNS, "sns.eu-south-1.amazonaws.com")),
        (["eu-west-1", "eu-south-2"], "eu-south-2", (SNS, "sns.eu-south-2.amazonaws.com")),
        (["eu-central-2"], "eu-central-2", (SNS,)),
    ],
)
def test_between_regions_sns_bears_the_name_of_the_one_that_is_opted_into(
    topics: list[str], queue: str, found: tuple[str, ...]
) -> None:
    assert sns_principals(topics, queue) == found


@pytest.mark.parametrize(
    ("topic", "queue", "does"),
    [
        ("eu-south-1", "eu-south-1", True),
        ("eu-south-1", "eu-west-1", True),
        ("eu-west-1", "eu-south-1", True),
        ("eu-south-1", "eu-south-2", False),
    ],
)
def test_between_two_that_are_opted_into_nothing_is_delivered(topic: str, queue: str, does: bool) -> None:
    assert delivers(topic, queue) is does
