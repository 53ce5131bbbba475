"""`dr db upgrade`: bring the store's tables up to date."""

from commands.parsing import Arguments
from dr_core.reports.listing import Message
from dr_core.settings import read_settings
from dr_core.store import migrate


def upgrade(_arguments: Arguments) -> Message:
    url = read_settings().database_url
    before = migrate.current_revision(url)
    migrate.upgrade(url)
    after = migrate.current_revision(url)
    if before == after:
        return Message(text=f"The store is up to date (revision {after}).")
    return Message(text=f"The store was upgraded from {before or 'nothing'} to revision {after}.")
