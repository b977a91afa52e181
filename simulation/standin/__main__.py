"""The Asterisk that a configuration names, played by the stand-in: python -m simulation.standin CONFIG

For trying things without a telephone: what each number called does is coded in its last six digits
(`simulation.carrier.numbers`), and no call leaves the machine. Runs until it is ended.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from dialer.config import Config, load
from dialer.errors import DialerError
from simulation.standin import StandInSwitch


async def play(config: Config) -> None:
    """Listen where the configuration looks for Asterisk, with the account that it gives."""
    asterisk = config.asterisk
    async with StandInSwitch(
        asterisk.host,
        asterisk.port,
        user=asterisk.username,
        secret=asterisk.secret,
        agi_port=config.agi.port,
        recordings=Path(asterisk.recordings_dir),
    ) as switch:
        sys.stdout.write(f"playing an Asterisk at {asterisk.host}:{switch.port}; Ctrl-C ends it\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(prog="python -m simulation.standin", description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    try:
        config = load(parser.parse_args().config)
        Path(config.asterisk.recordings_dir).mkdir(parents=True, exist_ok=True)
        asyncio.run(play(config))
    except (DialerError, OSError) as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
