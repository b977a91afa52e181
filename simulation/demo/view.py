"""The floor as a terminal shows it, from the JSON of the API's live view. Pure: it reads no clock and prints nothing.

Made for 100 columns by 30 lines; `plain` is for logs and pipes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from dialer.web.client import Json

AGENT_ROWS = 12
CALL_ROWS = 9
VALUE_WIDTH = 41  # of what stands beside a name in the campaign's panel
COLOURS = {
    "ready": "green",
    "talking": "bright_cyan",
    "holding": "cyan",
    "dialling": "blue",
    "previewing": "blue",
    "wrapping": "yellow",
    "break": "magenta",
    "leg_lost": "red",
    "connected": "bright_cyan",
    "abandoned": "red",
    "failed": "red",
    "machine": "magenta",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stays the same over the demo."""

    mode: str
    switch: str
    agents: int
    leads: int
    url: str
    sign_in: str
    notes: tuple[str, ...] = ()


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def percent(share: float | None) -> str:
    """A share from 0 to 1 in per cent."""
    return "-" if share is None else f"{100 * share:.1f} %"


def words(name: str) -> str:
    return name.replace("_", " ")


def screen(heading: Heading, floor: Json | None, status: str) -> RenderableType:
    """The whole screen; `status` says how long it lasts, or what is awaited."""
    layout = Layout()
    body = Layout(name="body", size=AGENT_ROWS + 3)
    layout.split_column(Layout(_top(heading, status), size=3), body, Layout(_calls(floor), size=CALL_ROWS + 3))
    body.split_row(Layout(_agents(floor), size=44), Layout(_campaign(floor)))
    return layout


def _top(heading: Heading, status: str) -> RenderableType:
    first = Table.grid(expand=True)
    first.add_column()
    first.add_column(justify="right")
    title = Text.assemble(
        ("Cadencia demo", "bold"), f"  {heading.mode} · {heading.switch} · ",
        f"{heading.agents} agents · {heading.leads:,} leads",
    )  # fmt: skip
    first.add_row(title, Text(status, style="bold yellow"))
    address = Text.assemble((heading.url, "underline"), f"  {heading.sign_in}")
    return Group(first, address, Text("  ".join(heading.notes), style="dim"))


def _agents(floor: Json | None) -> Panel:
    table = Table.grid(padding=(0, 1))
    for width in (10, 13, 5, 9):
        table.add_column(width=width, no_wrap=True)
    agents: list[Json] = sorted(floor["agents"], key=lambda agent: str(agent["name"])) if floor else []
    for agent in agents[:AGENT_ROWS]:
        state = agent["state"]
        assert floor is not None
        table.add_row(
            agent["name"],
            Text(words(state), style=COLOURS.get(state, "dim")),
            Text(clock(floor["at"] - agent["since"]), justify="right"),
            Text(f"…{agent['number'][-3:]}" if agent["number"] else words(agent["reason"])[:9], style="dim"),
        )
    more = len(agents) - AGENT_ROWS
    return Panel(table, title="Agents" if more <= 0 else f"Agents ({more} more)", title_align="left")


def _counts(counts: Json, beginning: str = "") -> Text:
    """Each count with its name; a line ends between two of them."""
    text, width = Text(beginning), len(beginning)
    for state, count in counts.items():
        item = f"{count} {words(state)}"
        if width + len(item) > VALUE_WIDTH:
            text.append("\n")
            width = 0
        text.append(f"{count} ", style="bold")
        text.append(f"{words(state)}  ", style=COLOURS.get(state, ""))
        width += len(item) + 2
    return text


def _campaign(floor: Json | None) -> Panel:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=9, style="dim", no_wrap=True)
    table.add_column()
    for name, value in _facts(floor):
        table.add_row(name, value)
    return Panel(table, title="Campaign", title_align="left")


def _facts(floor: Json | None) -> Iterable[tuple[str, RenderableType]]:
    if not floor or not floor["campaigns"]:
        return
    campaign = floor["campaigns"][0]
    trunk = floor["trunks"][0]
    yield "agents", _counts(campaign["agents"])
    yield "lines", _counts(campaign["calls"], f"{campaign['lines']} of {campaign['lines_max']}  ")
    yield "placed", f"{campaign['placed']} calls"
    yield "answered", f"{campaign['answered']}  ({percent(campaign['answer_ratio'])} of calls)"
    yield "connected", f"{campaign['connected']}"
    yield "abandoned", _abandoned(campaign)
    yield "occupancy", percent(campaign["occupancy"])
    yield "outcomes", _counts(campaign["outcomes"])
    yield "pace", Text(_pace(campaign), overflow="fold")
    if trunk["state"] != "healthy":
        yield "trunk", Text(f"{trunk['name']} {trunk['state']}: {trunk['reason']}", style="red")
    if not floor["switch_up"]:
        yield "switch", Text("no link", style="red")


def _abandoned(campaign: Json) -> Text:
    ratio, cap = campaign["abandon_ratio"], campaign["abandon_cap"]
    style = "bold red" if ratio is not None and ratio > cap else "bold green"
    return Text.assemble(
        f"{campaign['abandoned']}  (", (percent(ratio), style), f" of answers, the cap is {percent(cap)})"
    )


def _pace(campaign: Json) -> str:
    reason: str = campaign["not_dialling"] or campaign["pace_reason"]
    return reason


def _calls(floor: Json | None) -> Panel:
    table = Table.grid(padding=(0, 2), expand=True)
    for header in ("call", "state", "rang", "waited", "talked", "agent", "outcome"):
        table.add_column(header, no_wrap=True)
    table.add_row(*(Text(str(column.header), style="dim") for column in table.columns))
    names = {agent["id"]: agent["name"] for agent in floor["agents"]} if floor else {}
    for call in (floor["last_calls"] if floor else [])[:CALL_ROWS]:
        assert floor is not None
        outcome = call["outcome"] or ""
        table.add_row(
            f"{call['id'] % 1_000_000}",
            words(call["state"]),
            _span(call["placed_at"], call["answered_at"] or call["ended_at"], floor["at"]),
            _wait(call),
            _span(call["bridged_at"], call["ended_at"], floor["at"]),
            names.get(call["agent"], ""),
            Text(words(outcome), style=COLOURS.get(outcome, "")),
        )
    return Panel(table, title="Last calls", title_align="left")


def _span(since: float | None, until: float | None, now: float) -> str:
    return "" if since is None else f"{(until or now) - since:.0f} s"


def _wait(call: Json) -> str:
    if call["answered_at"] is None or call["bridged_at"] is None:
        return ""
    return f"{1000 * (call['bridged_at'] - call['answered_at']):.0f} ms"


def plain(floor: Json, status: str) -> str:
    """The floor in one line."""
    campaign = floor["campaigns"][0]
    agents = ", ".join(f"{count} {words(state)}" for state, count in campaign["agents"].items())
    return (
        f"{status}: {agents}; {campaign['lines']} lines; {campaign['placed']} placed, {campaign['answered']} answered "
        f"({percent(campaign['answer_ratio'])}), {campaign['connected']} connected, {campaign['abandoned']} abandoned "
        f"({percent(campaign['abandon_ratio'])}); pace: {_pace(campaign)}"
    )
