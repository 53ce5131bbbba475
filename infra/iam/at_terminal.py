"""What whoever opens a terminal's way to the bot's own store may do: start the task, forward a port, log in. Pure."""

from collections.abc import Iterator

from infra import house
from infra.config import Config
from infra.house import House
from infra.iam.policies import Json

FORWARDS = "AWS-StartPortForwardingSessionToRemoteHost"


def statements(config: Config) -> Iterator[Json]:
    """In the regions in which the bot runs. No other document of Session Manager: no shell.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-specify-session-document.html
    """
    made, account = House(config), config.deployment.account
    family = made.service(house.TERMINAL)
    for region in config.regions:
        tasks = f"arn:aws:ecs:{region}:{account}:task/{made.name}/*"
        cluster = {"ArnEquals": {"ecs:cluster": f"arn:aws:ecs:{region}:{account}:cluster/{made.name}"}}
        definition = f"arn:aws:ecs:{region}:{account}:task-definition/{family}:*"
        yield _may(["ecs:RunTask"], [definition], cluster)
        yield _may(["ecs:DescribeTasks"], [tasks], cluster)
        document = f"arn:aws:ssm:{region}::document/{FORWARDS}"
        asked = {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}
        yield _may(["ssm:StartSession"], [tasks, document], asked)
        yield _may(["ssm:TerminateSession"], [f"arn:aws:ssm:{region}:{account}:session/${{aws:userid}}-*"])
        yield _may(["secretsmanager:GetSecretValue"], [f"{made.secret_arn(region, house.STORE_APP)}-??????"])
        through = {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}
        key = {"StringEquals": through, "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{made.name}"}}
        yield _may(["kms:Decrypt"], [f"arn:aws:kms:{region}:{account}:key/*"], key)
        stacks = [f"{made.name}-{concern}-{region}" for concern in ("state", house.TERMINAL)]
        names = [f"arn:aws:cloudformation:{region}:{account}:stack/{stack}/*" for stack in stacks]
        yield _may(["cloudformation:DescribeStacks"], names)
        passed = [
            f"arn:aws:iam::{account}:role/{made.terminal_role(what, region)}"
            for what in (house.TERMINAL, house.TERMINAL_START)
        ]
        yield _may(["iam:PassRole"], passed, {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}})


def _may(actions: list[str], resources: list[str], condition: Json | None = None) -> Json:
    made: Json = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return made | ({"Condition": condition} if condition else {})
