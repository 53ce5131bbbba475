"""Which of the configured ways sends users to the target. Pure."""

from dataclasses import dataclass

from dr_core.plan.move import Move
from dr_core.topology.traffic import Route53Records, StandbyTakesOver


@dataclass(frozen=True)
class TrafficSwitch:
    """`take_over` and `give_back` switch by object; `switched` records are changed; `verified` ones are only asked."""

    take_over: tuple[StandbyTakesOver, ...]
    give_back: tuple[StandbyTakesOver, ...]
    switched: tuple[Route53Records, ...]
    verified: tuple[Route53Records, ...]

    @property
    def empty(self) -> bool:
        return not (self.take_over or self.give_back or self.switched)


def traffic_switch(move: Move) -> TrafficSwitch:
    """The object is the switch wherever it can lead to the target: records then stay as they are.

    A standby without a bucket of its own is reached by the records, and an object of the source is removed all the
    same: left there, it would go on sending users to the source.
    """
    objects = [entry.standby_takes_over for entry in move.app.traffic if entry.standby_takes_over]
    records = tuple(entry.route53_records for entry in move.app.traffic if entry.route53_records)
    take_over = tuple(switch for switch in objects if move.target in switch.bucket)
    give_back = tuple(switch for switch in objects if move.source in switch.bucket)
    by_object = bool(take_over) or (bool(give_back) and move.target == move.app.primary)
    reachable = tuple(entry for entry in records if move.target in entry.set_identifiers)
    return TrafficSwitch(take_over, give_back, () if by_object else reachable, reachable)
