"""`dr db upgrade`: bring the store's tables up to date, and give the application's role what it needs."""

from commands.parsing import Arguments
from dr_core.reports.listing import Message
from dr_core.settings import read_settings
from dr_core.store import grants, migrate


def upgrade(arguments: Arguments) -> Message:
    settings = read_settings()
    url, password = settings.database_url, settings.store_role_password
    before = migrate.current_revision(url)
    migrate.upgrade(url)
    after = migrate.current_revision(url)
    role = arguments.text("grant")
    if role is not None:
        grants.grant(url, role, password.get_secret_value() if password else None)
    return Message(text=" ".join([_upgraded(before, after), *([f"The role {role} may use it."] if role else [])]))


def _upgraded(before: str | None, after: str | None) -> str:
    if before != after:
        return f"The store was upgraded from {before or 'nothing'} to revision {after}."
    if after != migrate.head_revision():
        return f"The store is at revision {after}, made by a newer version; it was left as it is."
    return f"The store is up to date (revision {after})."
