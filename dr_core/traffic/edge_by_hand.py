"""A distribution by hand: the words for finding its address and for reading through it. Pure."""

import shlex

from dr_core.aws.cli import answer, asked, aws
from dr_core.topology.traffic import CloudFront

_HOME = "us-east-1"
# Longer than CloudFront tries a dead origin for by default: 3 connections of 10 s each.
_CURL = "curl --fail --silent --show-error --max-time 40"


def address(spec: CloudFront) -> str:
    """Keeps the address to read in `$edge`: the one of the topology, else what CloudFront calls the distribution."""
    if spec.probe is not None:
        return f'edge={shlex.quote(spec.probe)}; echo "$edge"'
    words = ("--id", spec.distribution, *asked("Distribution.DomainName"))
    return f'edge="https://"{answer(aws("cloudfront", "get-distribution", *words, region=_HOME))}/; echo "$edge"'


def answered() -> str:
    """The condition that a read succeeds; prints what came back."""
    return f'{_CURL} "$edge"'
