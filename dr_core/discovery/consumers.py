"""What takes work in one region, as names: functions with event sources, rules, schedules.

https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRules.html
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListSchedules.html: groups have tags, schedules have none.
"""

from dr_core.discovery.asking import ClientOf, listed
from dr_core.discovery.regional import Wanted


def event_sources(client_of: ClientOf, region: str, wanted: Wanted) -> list[str]:
    """Functions with an event source mapping, in full where it is one of an alias: `orders:live`."""
    found = []
    for raw in listed(client_of, "lambda", region, "ListEventSourceMappings", "EventSourceMappings"):
        arn = str(raw["FunctionArn"])
        head, _, name = arn.partition(":function:")
        function = f"{head}:function:{name.partition(':')[0]}"
        if any(wanted(one) for one in (function, str(raw.get("EventSourceMappingArn") or function))):
            found.append(name)
    return list(dict.fromkeys(found))


def rules(client_of: ClientOf, region: str, wanted: Wanted) -> list[tuple[str, str]]:
    """(bus, rule). A tag on a bus of one's own counts for its rules; what AWS manages for itself is left out."""
    found = []
    for bus in listed(client_of, "events", region, "ListEventBuses", "EventBuses"):
        name = str(bus["Name"])
        whole = name != "default" and wanted(str(bus["Arn"]))
        for raw in listed(client_of, "events", region, "ListRules", "Rules", EventBusName=name):
            if not raw.get("ManagedBy") and (whole or wanted(str(raw["Arn"]))):
                found.append((name, str(raw["Name"])))
    return found


def schedules(client_of: ClientOf, region: str, wanted: Wanted) -> list[tuple[str, str]]:
    """(group, schedule); a tag of the group counts for all of its schedules."""
    found = []
    for raw in listed(client_of, "scheduler", region, "ListSchedules", "Schedules"):
        group = str(raw["GroupName"])
        owner = str(raw["Arn"]).partition(":schedule/")[0]
        if wanted(f"{owner}:schedule-group/{group}"):
            found.append((group, str(raw["Name"])))
    return found
