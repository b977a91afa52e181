"""Metrics and their dashboard, health, and the doctor."""

import json
import re
from pathlib import Path

import pytest

from dialer.web.metrics import SERIES, Board
from tests.web.world import World

DASHBOARD = Path(__file__).parent.parent.parent / "docs" / "grafana" / "cadencia.json"
_SAMPLE = re.compile(r'([a-z_0-9]+)(\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})? (\S+)')


async def scraped(world: World) -> str:
    client = await world.administrator()
    async with world.http(authorization=f"Bearer {client.token}") as http:
        answer = await http.get("/metrics")
        assert answer.status_code == 200
        return answer.text


async def test_every_series_has_its_help_and_the_text_can_be_read(world: World) -> None:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    text = await scraped(world)
    told = set()
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP|TYPE) cadencia_\w+ .+", line)
            continue
        found = _SAMPLE.fullmatch(line)
        assert found, line
        float(found[3])
        told.add(found[1])
    assert told <= SERIES.keys()
    assert len(told) >= 35
    assert len(SERIES) >= 40
    assert "+52" not in text
    assert "Person" not in text
    assert 'cadencia_agents{state="talking"} 1' in text


def test_labels_cannot_break_out_of_their_line() -> None:
    board = Board()
    board.put("cadencia_campaign_lines", 1, campaign='a"} 9\ncadencia_up 0')
    [line] = [one for one in board.text().splitlines() if one.startswith("cadencia_")]
    assert line == 'cadencia_campaign_lines{campaign="a\\"} 9\\ncadencia_up 0"} 1'


def test_the_dashboard_loads_only_what_exists() -> None:
    board = json.loads(DASHBOARD.read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked += [one["query"] for one in board["templating"]["list"]]
    names = {name for expression in asked for name in re.findall(r"cadencia_\w+", expression)}
    assert names
    assert names - SERIES.keys() == set()


@pytest.mark.parametrize("login", ["sofia", "bank", "rival_ines"])
async def test_the_houses_figures_are_for_those_who_run_it(world: World, login: str) -> None:
    client = await world.signed_in(login)
    async with world.http(authorization=f"Bearer {client.token}") as http:
        for path in ("/metrics", "/api/v1/doctor"):
            assert (await http.get(path)).status_code == 403
