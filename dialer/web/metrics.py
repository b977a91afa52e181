"""What a monitoring system scrapes: one table of series, each with its help; the values are read where they are kept.

The text form is Prometheus's 0.0.4. Labels are names of ours (campaigns, trunks, states), never people or numbers.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dialer.core.view import CampaignView, FloorView

Labels = Mapping[str, str]
Sample = tuple[Labels, float]


@dataclass(frozen=True, slots=True)
class Series:
    """One series by name: gauge or counter."""

    kind: str
    help: str


SERIES: dict[str, Series] = {
    "cadencia_up": Series("gauge", "1 while the dialer answers."),
    "cadencia_build_info": Series("gauge", "The version, as a label."),
    "cadencia_started_seconds": Series("gauge", "When the process began, Unix time."),
    "cadencia_process_cpu_seconds_total": Series("counter", "Processor time of the process."),
    "cadencia_process_resident_bytes": Series("gauge", "Memory of the process."),
    "cadencia_process_open_files": Series("gauge", "Open file descriptors of the process."),
    "cadencia_loop_lag_seconds": Series("gauge", "How late the engine's last tick came."),
    "cadencia_loop_lag_p99_seconds": Series("gauge", "99 % of the event loop's delays of the last minute were below."),
    "cadencia_engine_events_total": Series("counter", "Events that the engine has handled."),
    "cadencia_engine_ignored_total": Series("counter", "Late, repeated and unknown events, by name."),
    "cadencia_engine_alarms": Series("gauge", "Alarms kept of this run, by code."),
    "cadencia_engine_stopped": Series("gauge", "1 while all dialling is stopped by hand."),
    "cadencia_switch_up": Series("gauge", "1 while Asterisk is linked."),
    "cadencia_switch_silence_seconds": Series("gauge", "Since the last sign of life of Asterisk."),
    "cadencia_switch_ping_seconds": Series("gauge", "The last ping of the manager interface."),
    "cadencia_switch_events_total": Series("counter", "Manager events seen."),
    "cadencia_switch_actions_in_flight": Series("gauge", "Manager actions without an answer yet."),
    "cadencia_campaign_running": Series("gauge", "1 while the campaign runs."),
    "cadencia_campaign_lines": Series("gauge", "Calls in progress."),
    "cadencia_campaign_lines_max": Series("gauge", "The most calls at once that are allowed."),
    "cadencia_campaign_calls": Series("gauge", "Calls in progress, by state."),
    "cadencia_campaign_agents": Series("gauge", "Agents of the campaign, by state."),
    "cadencia_campaign_leads_at_hand": Series("gauge", "Leads claimed and not yet dialled."),
    "cadencia_campaign_placed_total": Series("counter", "Calls placed today."),
    "cadencia_campaign_answered_total": Series("counter", "Calls that a person answered today."),
    "cadencia_campaign_connected_total": Series("counter", "Calls that met an agent today."),
    "cadencia_campaign_abandoned_total": Series("counter", "Calls that met no agent in time today."),
    "cadencia_campaign_outcomes_total": Series("counter", "Calls ended today, by outcome."),
    "cadencia_campaign_refused_total": Series("counter", "Dials that a rule forbade today, by rule."),
    "cadencia_campaign_abandon_ratio": Series("gauge", "Abandoned over answered, today."),
    "cadencia_campaign_abandon_cap": Series("gauge", "The abandon cap of the campaign."),
    "cadencia_campaign_answer_ratio": Series("gauge", "Answered over placed, today."),
    "cadencia_campaign_occupancy": Series("gauge", "Talk, hold, wrap-up, preview, own dialling over these and ready."),
    "cadencia_campaign_pace_calls": Series("gauge", "Calls that the last pacing decision asked for."),
    "cadencia_campaign_blocked": Series("gauge", "1 while something keeps the campaign from dialling."),
    "cadencia_agents": Series("gauge", "Agents, by state."),
    "cadencia_agents_legs_up": Series("gauge", "Agents whose phone is up."),
    "cadencia_agents_callbacks_due": Series("gauge", "Callbacks that agents promised and that wait for them."),
    "cadencia_trunk_lines": Series("gauge", "Calls in progress on the trunk."),
    "cadencia_trunk_lines_max": Series("gauge", "Lines of the trunk."),
    "cadencia_trunk_state": Series("gauge", "1 for the state that the trunk is in."),
    "cadencia_web_live_clients": Series("gauge", "Browsers on the live view."),
    "cadencia_web_requests_total": Series("counter", "Requests answered, by status class."),
    "cadencia_webhook_waiting": Series("gauge", "Things that wait to be told, by webhook."),
    "cadencia_webhook_dead": Series("gauge", "Things given up, by webhook."),
    "cadencia_database_up": Series("gauge", "1 while the database answers."),
    "cadencia_database_seconds": Series("gauge", "How long the database took to answer now."),
    "cadencia_disk_free_bytes": Series("gauge", "Free space where recordings are written."),
    "cadencia_disk_size_bytes": Series("gauge", "Size of the disk where recordings are written."),
}


class Board:
    """Samples by series, written as text. A series that is not in the table is a fault of ours."""

    def __init__(self) -> None:
        self._samples: dict[str, list[Sample]] = {}

    def put(self, name: str, value: float | None, **labels: str) -> None:
        """One value; None is left out."""
        assert name in SERIES, f"{name} has no help"
        if value is not None:
            self._samples.setdefault(name, []).append((labels, float(value)))

    def text(self) -> str:
        return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for name, series in SERIES.items():
            yield f"# HELP {name} {series.help}\n# TYPE {name} {series.kind}\n"
            for labels, value in self._samples.get(name, ()):
                yield f"{name}{_labels(labels)} {value:.17g}\n"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
    return f"{{{told}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def floor_samples(board: Board, view: FloorView) -> None:
    """What the floor tells: campaigns, agents, trunks."""
    board.put("cadencia_switch_up", view.switch_up)
    board.put("cadencia_engine_stopped", bool(view.stopped_by))
    for name, count in view.ignored:
        board.put("cadencia_engine_ignored_total", count, event=name)
    for campaign in view.campaigns:
        _campaign(board, campaign)
    states: dict[str, int] = {}
    for agent in view.agents:
        states[agent.state] = states.get(agent.state, 0) + 1
    for state, count in sorted(states.items()):
        board.put("cadencia_agents", count, state=state)
    board.put("cadencia_agents_legs_up", sum(agent.leg_up for agent in view.agents))
    board.put("cadencia_agents_callbacks_due", sum(agent.callbacks_due for agent in view.agents))
    for trunk in view.trunks:
        board.put("cadencia_trunk_lines", trunk.lines, trunk=trunk.name)
        board.put("cadencia_trunk_lines_max", trunk.lines_max, trunk=trunk.name)
        board.put("cadencia_trunk_state", 1, trunk=trunk.name, state=trunk.state)


def _campaign(board: Board, one: CampaignView) -> None:
    plain: dict[str, float | None] = {
        "running": one.status == "running",
        "lines": one.lines,
        "lines_max": one.lines_max,
        "leads_at_hand": one.leads_at_hand,
        "placed_total": one.placed,
        "answered_total": one.answered,
        "connected_total": one.connected,
        "abandoned_total": one.abandoned,
        "abandon_cap": one.abandon_cap,
        "abandon_ratio": one.abandoned / one.answered if one.answered else None,
        "answer_ratio": one.answered / one.placed if one.placed else None,
        "occupancy": one.occupancy,
        "pace_calls": one.pace_calls,
        "blocked": bool(one.not_dialling),
    }
    for name, value in plain.items():
        board.put(f"cadencia_campaign_{name}", value, campaign=one.name)
    _counts(board, "cadencia_campaign_calls", one.calls_by_state, "state", one.name)
    _counts(board, "cadencia_campaign_agents", one.agents_by_state, "state", one.name)
    _counts(board, "cadencia_campaign_outcomes_total", one.outcomes, "outcome", one.name)
    _counts(board, "cadencia_campaign_refused_total", one.refused, "rule", one.name)


def _counts(board: Board, name: str, counts: Iterable[tuple[str, int]], label: str, campaign: str) -> None:
    for value, count in counts:
        board.put(name, count, campaign=campaign, **{label: value})
