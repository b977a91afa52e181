"""Agents as spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.ids import CampaignId
from dialer.leads.safe_csv import safe, unsafe
from dialer.web.agent_sheet import COLUMNS, faults_of, parts, rows_of
from dialer.web.problems import ProblemError

CAMPAIGNS = {"Cards": CampaignId(1), "Loans": CampaignId(2)}


@pytest.mark.parametrize(
    "text",
    [
        "login,name,campaigns\nana,Ana,Cards;Loans\n",
        'login;name;campaigns\r\nana;Ana;"Cards;Loans"\r\n',
        "login\tname\tcampaigns\nana\tAna\tCards;Loans\n",
        "\ufeffLogin, Name ,campaigns\n ana ,Ana,Cards; Loans\n,,\n",
    ],
)
def test_a_sheet_is_read_however_the_spreadsheet_wrote_it(text: str) -> None:
    [row] = rows_of(text)
    assert (row["login"], row["name"], parts(row, "campaigns")) == ("ana", "Ana", ["Cards", "Loans"])
    assert list(faults_of([row], CAMPAIGNS)) == []


@pytest.mark.parametrize(
    "text", ["", "name\nAna\n", "login\n", "login,login\na,b\n", "login,salary\na,1\n", "login,name\na\n", "\x00"]
)
def test_what_is_no_sheet_is_refused(text: str) -> None:
    with pytest.raises(ProblemError):
        rows_of(text)


def test_what_is_wrong_is_told_by_its_line_in_words() -> None:
    rows = rows_of(
        "login,code,pin,campaigns,active,password\n"
        "ana,1001,12,Cards,yes,\n"
        "eva,1001,1234,Nowhere,SÍ,\n"
        "ana,,,,maybe,short\n"
    )  # fmt: skip
    told = {(one.where, one.what.partition(":")[0]) for one in faults_of(rows, CAMPAIGNS)}
    assert told == {
        *(("line 2", "pin"), ("line 3", "code"), ("line 3", "campaigns")),
        *(("line 4", "login"), ("line 4", "active"), ("line 4", "password")),
    }
    assert not any("\\" in one.what for one in faults_of(rows, CAMPAIGNS))  # no patterns for people


@given(st.text(max_size=200))
def test_any_text_is_a_sheet_or_refused(text: str) -> None:
    try:
        rows = rows_of(text)
    except ProblemError:
        return
    assert all({*row} <= {*COLUMNS} for row in rows)
    list(faults_of(rows, CAMPAIGNS))


@given(st.lists(st.text(alphabet='=+-@;a1 "', min_size=1, max_size=8), min_size=1, max_size=4))
def test_what_was_written_for_a_spreadsheet_comes_back_as_it_was(cells: list[str]) -> None:
    told = [safe(one) for one in cells]
    assert [unsafe(one) for one in told] == cells
    divided = [part.strip(' "') for one in told for part in one.split(";")]
    assert not [one for one in divided if one[:1] in {"=", "@"} or (one[:1] in {"+", "-"} and not one[1:].isdigit())]
