"""One reader of botocore's data files for all sessions of the process: moto makes sessions of its own."""

from functools import cache

import botocore.session


def share() -> None:
    """Call it before moto is imported, which asks for the regions there: else each session parses the files anew.

    The files are megabytes of JSON, and what was read of them is never changed.
    """
    if not hasattr(botocore.session.create_loader, "cache_info"):
        botocore.session.create_loader = cache(botocore.session.create_loader)
