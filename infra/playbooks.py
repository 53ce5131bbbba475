"""The pages that say what to do when an alarm is raised: one for each kind of alarm that the stacks make."""

from enum import StrEnum


class Page(StrEnum):
    """The pages of docs/playbooks, by their file's name."""

    REGION_UNWELL = "region-unwell"
    HEALTH_CHECK = "health-check"
    TASKS_MISSING = "tasks-missing"
    TARGETS_UNWELL = "targets-unwell"
    ERRORS = "errors"
    DATABASE_LAG = "database-lag"
    DATABASE_BUSY = "database-busy"
    BUCKET_LAG = "bucket-lag"
    BUCKET_FAILED = "bucket-failed"
    CACHE_LAG = "cache-lag"
    TABLE_LAG = "table-lag"
    SIGNALS_LOST = "signals-lost"
    SIGNALS_WAITING = "signals-waiting"
    BOT_GONE = "bot-gone"
    STORE_BUSY = "store-busy"
    STORE_FULL = "store-full"
    BREAK_GLASS_TAKEN = "break-glass-taken"

    @property
    def path(self) -> str:
        return f"docs/playbooks/{self}.md"
