"""The AWS principals that a person or an application can be named by, and which of them prove who somebody is.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

import re

_NAME = r"(?P<name>[\w+=,.@-]+)"
_USER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:user/(?:[!-~]+/)?[\w+=,.@-]+", re.ASCII)
_ROLE = re.compile(rf"arn:aws[a-z-]*:iam::(?P<account>\d{{12}}):role/(?:[!-~]*/)?{_NAME}", re.ASCII)
_SESSION = re.compile(
    rf"arn:aws[a-z-]*:sts::(?P<account>\d{{12}}):assumed-role/{_NAME}/(?P<session>[\w+=,.@-]+)", re.ASCII
)
_ROOT = re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:root", re.ASCII)
_CENTER = "AWSReservedSSO_"  # roles of Identity Center begin so, and IAM lets nobody make another role with this name


def is_root(arn: str) -> bool:
    """The root user of an account: whoever has its password."""
    return _ROOT.fullmatch(arn) is not None


def is_chosen_session(arn: str) -> bool:
    """A session of a role whose name whoever assumed the role made up: it proves nothing."""
    found = _SESSION.fullmatch(arn)
    return found is not None and not found["name"].startswith(_CENTER)


def is_center_role(arn: str) -> bool:
    """A role of Identity Center without the user: everybody with that permission set shares it."""
    found = _ROLE.fullmatch(arn)
    return found is not None and found["name"].startswith(_CENTER)


def is_person(arn: str) -> bool:
    """An IAM user, an Identity Center user (whose session name it sets itself), or a role that one person uses."""
    if _SESSION.fullmatch(arn):
        return not is_chosen_session(arn)
    return _USER.fullmatch(arn) is not None or (_ROLE.fullmatch(arn) is not None and not is_center_role(arn))


def principal(arn: str) -> str:
    """The same text for the same principal: a role is one, whatever its path and session.

    Sessions carry no path, and names are unique in an account whatever the path. Identity Center's users differ.
    """
    found = _SESSION.fullmatch(arn) or _ROLE.fullmatch(arn)
    if found is None or found["name"].startswith(_CENTER):
        return arn
    return f"{found['account']}:role/{found['name']}"
