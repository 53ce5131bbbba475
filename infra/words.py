"""Names of the topology as CloudFormation takes them for parameters and outputs: letters and digits. Pure."""

import re


def camel(text: str) -> str:
    """`eu-west-1` -> `EuWest1`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text))
