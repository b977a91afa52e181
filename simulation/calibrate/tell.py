"""What `dialer simulate --from-history` does: read, fit, write the scenario and its picture, say how well it fits."""

import asyncio
import json
from pathlib import Path

from rich.console import Console

from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.errors import ConfigError
from simulation.calibrate import laws
from simulation.calibrate.fit import Fit, fit
from simulation.calibrate.history import History, history
from simulation.calibrate.plots import draw
from simulation.calibrate.wording import LAWS, short, told
from simulation.calibrate.write import scenario_text
from simulation.past import PastError, looking_back, url_of
from simulation.texts import ENGLISH, Tongue

SHOWN = (
    "people.answer_share", "people.machine_share", "people.invalid_share", "people.repeat_factor", "people.ring_s",
    "people.right_party_share", "people.talk_s", "people.short_talk_s", "habits.wrap_up_s", "habits.break_every_s",
    "trunks.carrier.delay_s", "trunks.carrier.congestion_share",
)  # fmt: skip


def tell(
    where: str,
    campaign: str,
    since: float,
    until: float,
    *,
    out: Path | None,
    json_file: Path | None,
    tongue: Tongue = ENGLISH,
) -> None:
    """Calibrate, write `out` (else the campaign's name with .toml) and the picture beside it, and show the figures."""
    writable(out, json_file)
    found = fit(asyncio.run(read(where, campaign, since, until, tongue)))
    name = found.history.campaign.name
    path = out or Path("".join(sign if sign.isalnum() else "-" for sign in name).strip("-").lower() + ".toml")
    picture = path.with_name(f"{path.stem}-fit.png")
    try:
        path.write_text(scenario_text(found, tongue), encoding="utf-8")
        draw(found, picture, tongue)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error
    if json_file is not None:
        write_json(as_json(found, path, picture), json_file)
    if json_file != STANDARD_OUTPUT:
        _show(found, path, picture, tongue)


async def read(where: str, campaign: str, since: float, until: float, tongue: Tongue = ENGLISH) -> History:
    """The history of a campaign by its name or number. Raises PastError, NotFoundError, StoreError."""
    url = url_of(where)
    if url is None:
        raise PastError(f"{where}: this is no database; give sqlite:///day.db, its file, or postgresql://...")
    with Console(stderr=True).status(tongue.t("calibrate.reading")):
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


def _show(found: Fit, path: Path, picture: Path, tongue: Tongue) -> None:
    say = Console(soft_wrap=True, highlight=False, markup=False).print
    say(tongue.t("calibrate.calls", calls=tongue.number(len(found.history.attempts)), name=found.history.campaign.name))
    rows = [(key, short(found.value(key), tongue), told(found.one[key], tongue)) for key in SHOWN]
    show_table(("", tongue.t("column.fitted"), ""), rows)
    gaps = {name: laws.distance(found.samples[name], law) for name, law in found.laws.items()}
    listed = "; ".join(f"{tongue.t(LAWS[name])} {tongue.number(100 * gap, 1)} %" for name, gap in gaps.items())
    say(tongue.t("calibrate.gaps", gaps=listed))
    beyond = [name for name, gap in gaps.items() if gap > laws.by_chance(len(found.samples[name]))]
    if beyond:
        say(tongue.t("calibrate.beyond", names=", ".join(tongue.t(LAWS[name]) for name in beyond)))
    if found.thin:
        say(tongue.t("calibrate.are_thin", names=", ".join(found.thin)))
    say(tongue.t("calibrate.written", scenario=path, picture=picture))
    command = f"dialer simulate {json.dumps(str(path))}"
    say(tongue.t("calibrate.next", command=command))
