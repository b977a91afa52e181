"""Addresses of other systems' pages: only https, and nothing that a list says leads anywhere else."""

from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.screen_pop import NAMES, Opens, ScreenPop, address, in_force, template_fault

GOOD = "https://crm.example/accounts/{external_id}/open?who={name}&n={field.no}#{lead}"
VALUES = st.text(st.characters(codec="utf-8"), min_size=1)


@given(VALUES, VALUES, VALUES, VALUES)
def test_whatever_a_list_says_stays_the_value_in_its_place(account: str, name: str, column: str, lead: str) -> None:
    made = address(GOOD, {"external_id": account, "name": name, "field.no": column, "lead": lead})
    if account in {".", ".."}:
        assert made is None
        return
    assert made is not None
    assert made.isascii()
    parts = urlsplit(made)
    assert (parts.scheme, parts.netloc) == ("https", "crm.example")
    head, accounts, one, tail = parts.path.split("/")
    assert (head, accounts, unquote(one), tail) == ("", "accounts", account, "open")
    assert parse_qs(parts.query, keep_blank_values=True) == {"who": [name], "n": [column]}
    assert unquote(parts.fragment) == lead


@pytest.mark.parametrize("path", ["{name}", ".{name}", "%2e{name}", "%2E{name}/x"])
def test_no_value_leads_out_of_the_place(path: str) -> None:
    assert address(f"https://crm.example/a/{path}", {"name": "." if path != "{name}" else ".."}) is None


def test_half_an_address_is_none() -> None:
    assert address("https://crm.example/{name}", {"name": ""}) is None
    assert address("https://crm.example/{field.none}", {"name": "x"}) is None
    assert address("", {"name": "x"}) is None


@pytest.mark.parametrize("name", [*NAMES, "field.product", "field.días de mora"])
def test_every_field_may_stand_behind_the_host(name: str) -> None:
    assert template_fault(f"https://crm.example:8443/x/{{{name}}}") == ""


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("http://crm.example/{lead}", "https://"),
        ("javascript:alert(1)", "https://"),
        ("//crm.example/", "https://"),
        ("https:///{lead}", "host"),
        ("https://{name}/", "host"),
        ("https://crm.{name}.example/", "host"),
        ("https://me:secret@crm.example/", "user and password"),
        ("https://crm.example\\@other.example/", "user and password"),
        ("https://crm.example:port/", "no address"),
        ("https://crm.example/{nmae}", "no such field: nmae"),
        ("https://crm.example/{field.}", "no such field"),
        ("https://crm.example/{lead", "without its other"),
        ("https://crm.example/a b", "percent-encoded"),
        ("https://crm.example/\n", "percent-encoded"),
        ("https://crm.example/?api_key=1", "password or token"),
        ("https://crm.example/?q=1&Token={lead}", "password or token"),
        ("https://crm.example/" + "a" * 500, "longer than"),
    ],
)
def test_what_is_no_template_is_refused_with_the_reason(template: str, said: str) -> None:
    assert said in template_fault(template)
    with pytest.raises(ValueError, match="screen_pop"):
        ScreenPop(template=template)


def test_a_campaigns_own_page_goes_before_its_clients_and_either_may_be_switched_off() -> None:
    own, clients = (
        ScreenPop(template="https://own.example/{lead}"),
        ScreenPop(template="https://client.example/{lead}", opens=Opens.TAB),
    )
    none, off = ScreenPop(), ScreenPop(opens=Opens.OFF)
    assert in_force(own, clients) == own
    assert in_force(none, clients) == clients
    assert in_force(replace(none, opens=Opens.TAB), replace(clients, opens=Opens.LINK)).opens is Opens.LINK
    assert in_force(off, clients) == none
    assert in_force(none, replace(clients, opens=Opens.OFF)) == none
    assert in_force(none, none) == none
