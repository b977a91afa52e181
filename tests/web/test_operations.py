"""Metrics and their dashboard, health, and the doctor."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.doctor.findings import Area, Code, Finding, found
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


async def test_the_doctor_speaks_the_askers_language_on_the_page_and_by_the_api(world: World) -> None:
    """The findings themselves are the command's tests'; here they are two that are made up of its own codes."""
    seen = [
        found(Area.ASTERISK, Code.SWITCH_SILENT, where="127.0.0.1:5038"),
        found(Area.CAMPAIGN, Code.CAMPAIGN_AGENTS_NONE, "Cobranza"),
    ]

    async def look() -> list[Finding]:
        return seen

    state = world.app.state
    state.console = replace(state.console, operations=replace(state.console.operations, doctor=look))
    ana = await world.administrator()
    assert [one["found"] for one in await ana.doctor()][1:] == ["no agent works on it"]
    said = {
        "es-MX": "ningún agente trabaja en ella",
        "pt-BR": "nenhum agente trabalha nela",
        "en": "no agent works on it",
    }
    for language, words in said.items():
        async with world.http(authorization=f"Bearer {ana.token}", accept_language=language) as http:
            told = (await http.get("/api/v1/doctor")).json()[1]
            assert (told["found"], told["area"], told["code"]) == (words, "campaign Cobranza", "campaign_agents_none")
            for page in ("/admin/doctor", "/admin"):
                text = (await http.get(page)).text
                assert ("127.0.0.1:5038" in text, ("no manager interface" in text)) == (True, language == "en")
            assert words in (await http.get("/admin/doctor")).text


@pytest.mark.parametrize("login", ["sofia", "bank", "rival_ines"])
async def test_the_houses_figures_are_for_those_who_run_it(world: World, login: str) -> None:
    client = await world.signed_in(login)
    async with world.http(authorization=f"Bearer {client.token}") as http:
        for path in ("/metrics", "/api/v1/doctor"):
            assert (await http.get(path)).status_code == 403
