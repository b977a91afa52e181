"""What `dialer simulate --from-history` does: read, fit, write the scenario and its picture, say how well it fits."""

import asyncio
import json
import sys
from pathlib import Path

from rich.console import Console

from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.errors import ConfigError
from simulation.calibrate import laws
from simulation.calibrate.fit import Fit, fit
from simulation.calibrate.history import History, history
from simulation.calibrate.plots import draw
from simulation.calibrate.write import scenario_text
from simulation.past import PastError, looking_back, url_of

SHOWN = (
    "people.answer_share", "people.machine_share", "people.invalid_share", "people.repeat_factor", "people.ring_s",
    "people.right_party_share", "people.talk_s", "people.short_talk_s", "habits.wrap_up_s", "habits.break_every_s",
    "trunks.carrier.delay_s", "trunks.carrier.congestion_share",
)  # fmt: skip


def tell(where: str, campaign: str, since: float, until: float, *, out: Path | None, json_file: Path | None) -> None:
    """Calibrate, write `out` (else the campaign's name with .toml) and the picture beside it, and show the figures."""
    writable(out, json_file)
    found = fit(asyncio.run(read(where, campaign, since, until)))
    name = found.history.campaign.name
    path = out or Path("".join(sign if sign.isalnum() else "-" for sign in name).strip("-").lower() + ".toml")
    picture = path.with_name(f"{path.stem}-fit.png")
    try:
        path.write_text(scenario_text(found), encoding="utf-8")
        draw(found, picture)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error
    if json_file is not None:
        write_json(as_json(found, path, picture), json_file)
    if json_file != STANDARD_OUTPUT:
        _show(found, path, picture)


async def read(where: str, campaign: str, since: float, until: float) -> History:
    """The history of a campaign by its name or number. Raises PastError, NotFoundError, StoreError."""
    url = url_of(where)
    if url is None:
        raise PastError(f"{where}: this is no database; give sqlite:///day.db, its file, or postgresql://...")
    with Console(stderr=True).status("reading what was recorded"):
        async with looking_back(url) as store:
            return await history(store, await store.campaigns.find(campaign), since, until)


def as_json(found: Fit, path: Path, picture: Path) -> dict[str, object]:
    """Everything that was fitted, with its intervals."""
    return {
        "scenario": str(path),
        "picture": str(picture),
        "calls": len(found.history.attempts),
        "figures": {
            key: {"value": one.value, "low": one.low, "high": one.high, "n": one.n, "thin": one.thin}
            for key, one in found.one.items()
        },
        "rows": {key: [one.value for one in row] for key, row in found.rows.items()},
        "gaps_by_chance": {name: laws.by_chance(len(found.samples[name])) for name in found.laws},
        "gaps": {name: laws.distance(found.samples[name], law) for name, law in found.laws.items()},
    }


def _show(found: Fit, path: Path, picture: Path) -> None:
    say = sys.stdout.write
    say(f"{len(found.history.attempts):,} calls of {found.history.campaign.name!r}\n")
    show_table(("", "fitted", ""), [(key, f"{found.value(key):.4g}", found.one[key].told()) for key in SHOWN])
    gaps = {name: laws.distance(found.samples[name], law) for name, law in found.laws.items()}
    told = ", ".join(f"{name} {100 * gap:.1f} %" for name, gap in gaps.items())
    say(f"largest gap between what was seen and the law fitted to it: {told}\n")
    beyond = [name for name, gap in gaps.items() if gap > laws.by_chance(len(found.samples[name]))]
    if beyond:
        say(f"more than chance makes of a law that holds (95 %): {', '.join(beyond)}; look at the picture\n")
    if found.thin:
        say(f"thin, so drawn towards what is usual: {', '.join(found.thin)}\n")
    say(f"written: {path} (the scenario), {picture} (how well it fits)\n")
    say(f"next: dialer simulate {json.dumps(str(path))}\n")
