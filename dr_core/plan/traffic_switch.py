"""Which of the configured ways sends users to the target. Pure."""

from dataclasses import dataclass

from dr_core.plan.move import Move
from dr_core.topology.traffic import ArcRoutingControls, Route53Records, StandbyTakesOver


@dataclass(frozen=True)
class TrafficSwitch:
    """`controls` switch by routing control, `take_over` and `give_back` by object; `switched` records are changed;
    `verified` ones are only asked."""

    controls: tuple[ArcRoutingControls, ...]
    take_over: tuple[StandbyTakesOver, ...]
    give_back: tuple[StandbyTakesOver, ...]
    switched: tuple[Route53Records, ...]
    verified: tuple[Route53Records, ...]

    @property
    def empty(self) -> bool:
        return not (self.controls or self.take_over or self.give_back or self.switched)


def traffic_switch(move: Move) -> TrafficSwitch:
    """The first that can lead to the target is the switch: routing controls, else the object, else the records.

    What is not the switch stays as it is, but for an object of the source: left there, it would go on sending users to
    the source. A standby without a bucket of its own is reached by the records.
    """
    objects = [entry.standby_takes_over for entry in move.app.traffic if entry.standby_takes_over]
    records = tuple(entry.route53_records for entry in move.app.traffic if entry.route53_records)
    controls = tuple(
        entry.arc_routing_controls
        for entry in move.app.traffic
        if entry.arc_routing_controls and move.target in entry.arc_routing_controls.controls
    )
    take_over = () if controls else tuple(switch for switch in objects if move.target in switch.bucket)
    give_back = tuple(switch for switch in objects if move.source in switch.bucket)
    by_object = bool(take_over) or (bool(give_back) and move.target == move.app.primary)
    reachable = tuple(entry for entry in records if move.target in entry.set_identifiers)
    return TrafficSwitch(controls, take_over, give_back, () if controls or by_object else reachable, reachable)
