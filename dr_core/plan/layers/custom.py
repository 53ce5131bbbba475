"""The team's own steps: behind what the segment they follow is waited for, and before what comes next."""

from collections.abc import Iterator

from dr_core.plan.kinds import custom_lambda, custom_plugin, custom_ssm, custom_webhook
from dr_core.plan.layers.layer import Layer, Names, distinct
from dr_core.plan.move import Move
from dr_core.plan.step import Segment, Step


def following(segment: Segment, move: Move, after: Names) -> Layer:
    """Those declared `after` this segment; all at the same time, since none names another."""
    return Layer.of(distinct(_declared(segment, move, after)))


def _declared(segment: Segment, move: Move, after: Names) -> Iterator[Step]:
    for entry in move.app.custom:
        if entry.value.after != segment.value:
            continue
        if entry.lambda_:
            yield custom_lambda.plan(move, entry.lambda_, after)
        elif entry.ssm_document:
            yield custom_ssm.plan(move, entry.ssm_document, after)
        elif entry.webhook:
            yield custom_webhook.plan(move, entry.webhook, after)
        elif entry.plugin:
            yield custom_plugin.plan(move, entry.plugin, after)
