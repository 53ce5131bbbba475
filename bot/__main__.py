"""`python -m bot`: the Slack bot, in Socket Mode or HTTP mode as the environment says."""

import asyncio
import sys

from bot.process import run
from dr_core.bootstrap import services
from dr_core.errors import ConfigError
from dr_core.logs import configure
from dr_core.settings import read_settings


def main() -> int:
    """0 after a signal; 2 with one line that names what is wrong or missing."""
    try:
        settings = read_settings()
        settings.bot_token()
        settings.slack_mode()
        configure(settings.log_level)
        bundle = services(settings, signer=True)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    try:
        asyncio.run(run(bundle))
    except OSError as error:
        print(f"The bot cannot listen: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
