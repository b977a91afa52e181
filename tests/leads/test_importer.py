"""Laws of imports: every row is kept or rejected with its reason, and the same file again brings nothing new."""

import csv
import json
from pathlib import Path

import pytest

from dialer.core.ids import LeadId
from dialer.core.messages import SaveLead
from dialer.core.model import CampaignStatus
from dialer.core.outcomes import Outcome
from dialer.core.packs.schema import Kept
from dialer.errors import ImportRefusedError
from dialer.leads.importer import ImportReport, Options, import_file
from dialer.leads.rejected import rejected_file
from dialer.store import LeadState, LeadView, PhoneState
from dialer.store.imports import CHUNK
from dialer.store.restrictions import NewRestriction
from tests.store.world import DAY, HOUR, World

NOON = 1_700_071_200.0  # a Wednesday, 12:00 in Mexico City
MIDNIGHT = NOON - 12 * HOUR

LIST = """\
id,CURP,nombre,telefono 1,telefono 2,prioridad,saldo,moneda,dias de mora,Correo
A1,RUXA900101MDFZXN07,Ana Ruiz,55 1234 5678,55 8765 4321,2,"1,234.50",mxn,31,ana@example.com
A2,GIXB910202MDFLXT00,Bea Gil,664 123 4567,,,,,,
A3,RUXA900101MDFZXN07,Ana Ruiz,55 1234 5678,,9,99.00,MXN,5,
"""


async def load(world: World, path: Path, text: str | bytes, *, now: float = NOON, country: str = "MX") -> ImportReport:
    write(path, text if isinstance(text, bytes) else text.encode())
    return await import_file(world.store, path, world.campaign, country=country, now=now)


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


async def one(world: World, external_id: str) -> LeadView:
    [view] = [v for v in await world.store.leads.find(world.campaign.id, external_id) if v.account]
    return view


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


async def test_a_list_comes_in_whole(world: World, path: Path) -> None:
    report = await load(world, path, LIST)
    assert (report.rows, report.leads, report.phones, report.invalid_phones) == (3, 3, 4, 0)
    assert (report.dialable_now, report.not_dialable, report.rejected) == (3, {}, {})
    ana = await one(world, "A1")
    assert (ana.priority, ana.state, ana.due_at) == (2, LeadState.OPEN, NOON)
    assert (ana.person.name, ana.person.national_id, ana.person.country) == ("Ana Ruiz", "RUXA900101MDFZXN07", "MX")
    assert ana.account is not None
    assert (ana.account.balance, ana.account.currency, ana.account.days_past_due) == ("1234.50", "MXN", 31)
    assert ana.account.fields == (("Correo", "ana@example.com"),)
    assert [(p.number, p.rank, p.zones) for p in ana.phones] == [
        ("+525512345678", 0, ("America/Mexico_City",)),
        ("+525587654321", 1, ("America/Mexico_City",)),
    ]
    assert not rejected_file(path).exists()


async def test_one_person_with_two_accounts_is_one_person(world: World, path: Path) -> None:
    await load(world, path, LIST)
    first, second = await one(world, "A1"), await one(world, "A3")
    assert first.person == second.person
    assert first.phones == second.phones
    assert (await one(world, "A2")).person != first.person


async def test_the_same_file_again_changes_only_the_figures(world: World, path: Path) -> None:
    await load(world, path, LIST)
    changed = LIST.replace('"1,234.50",mxn,31', '"900.00",mxn,40').replace("664 123 4567", "664 123 9999")
    again = await load(world, path, changed)
    assert (again.rows, again.leads) == (3, 0)
    account = (await one(world, "A1")).account
    assert account is not None
    assert (account.balance, account.days_past_due) == ("900.00", 40)
    assert [phone.number for phone in (await one(world, "A2")).phones] == ["+526641234567", "+526641239999"]
    assert (await world.store.leads.counts(world.campaign.id, NOON)).total == 3


async def test_an_invalid_number_is_flagged_and_kept(world: World, path: Path) -> None:
    report = await load(world, path, "id,telefono,celular\nA1,12,55 1234 5678\nA2,99,\n")
    assert (report.leads, report.phones, report.invalid_phones) == (2, 3, 2)
    assert (report.dialable_now, report.not_dialable) == (1, {"invalid_number": 1})
    states = [(phone.number, phone.state) for phone in (await one(world, "A1")).phones]
    assert states == [("12", PhoneState.INVALID), ("+525512345678", PhoneState.VALID)]


async def test_rejected_rows_are_kept_aside_with_line_and_reason(world: World, path: Path) -> None:
    rows = [
        "id,nombre,telefono,prioridad,saldo,mora,zona",
        "A1,Ana,55 1234 5678,,,,",
        "",
        "A2,Bea,,,,,",  # line 4
        "A3,Cora,55 1234 5678,12,,,",
        "A4,Dora,55 1234 5678,,much,,",
        "A5,Eva,55 1234 5678,,,many,",
        "A6,Flor,55 1234 5678,,,,Mexico",
        "A7,Gil,55 1234 5678",
        "A8,Ha\0na,55 1234 5678,,,,",
        "A9,Ida,55 1234 5678,,,,America/Tijuana",
    ]
    report = await load(world, path, "\n".join(rows))
    assert (report.rows, report.leads) == (9, 2)
    assert report.rejected == {
        "no telephone number": 1,
        "priority": 1,
        "balance": 1,
        "days past due": 1,
        "time zone": 1,
        "number of cells": 1,
        "NUL character": 1,
    }
    with rejected_file(path).open(newline="") as file:
        kept = list(csv.reader(file))
    assert kept[0] == ["line", "reason", *rows[0].split(",")]
    assert [(row[0], row[2]) for row in kept[1:]] == [
        ("4", "A2"), ("5", "A3"), ("6", "A4"), ("7", "A5"), ("8", "A6"), ("9", "A7"), ("10", "A8")
    ]  # fmt: skip
    assert "12" in kept[2][1]
    # The list and the number's plan do not say the same: both hold.
    assert (await one(world, "A9")).phones[0].zones == ("America/Mexico_City", "America/Tijuana")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_any_delimiter_and_encoding(world: World, path: Path, delimiter: str, encoding: str) -> None:
    text = "id,nombre,teléfono\r\nA1,José Núñez,55 1234 5678\r\n".replace(",", delimiter)
    report = await load(world, path, text.encode(encoding))
    assert report.leads == 1
    assert (await one(world, "A1")).person.name == "José Núñez"


@pytest.mark.parametrize(
    ("country", "text", "balance"),
    [
        ("MX", "1,234", "1234"),
        ("MX", "1234.5", "1234.5"),
        ("MX", "$ 1,234,567.89", "1234567.89"),
        ("CL", "1.234", "1234"),
        ("CL", "1.234.567", "1234567"),
        ("CO", "1.234,56", "1234.56"),
        ("MX", "0,5", "0.5"),
        ("BR", "10.50", "10.50"),
        ("MX", "-20", "-20"),
        ("BR", "R$ 1.234,56", "1234.56"),
        ("PE", "S/ 1,200.50", "1200.50"),
        ("MX", "MXN 1,200.50", "1200.50"),
        ("MX", "(1,200.50)", "-1200.50"),
        ("MX", "$ (1,200.50)", "-1200.50"),
        ("MX", "-$1,200.50", "-1200.50"),
        ("CL", "1.200-", "-1200"),
        ("PE", "S/ -1,200.50", "-1200.50"),
        ("ES", "1.200,50 €", "1200.50"),
        ("MX", "US$12", "12"),
        ("MX", "1.234.567", "1234567"),
        ("CL", "1,234,567", "1234567"),
        ("MX", "1E+5", "100000"),
    ],
)
async def test_amounts_as_each_country_writes_them(
    world: World, path: Path, country: str, text: str, balance: str
) -> None:
    report = await load(world, path, f"id;saldo;telefono\nA1;{text};+525512345678\n", country=country)
    assert report.leads == 1, report.rejected
    account = (await one(world, "A1")).account
    assert account is not None
    assert account.balance == balance


async def test_what_the_rules_forbid_now_is_counted_by_reason(world: World, path: Path) -> None:
    await world.store.do_not_call.add(["+526641234567"], "register", NOON)
    report = await load(world, path, LIST, now=MIDNIGHT)
    assert (report.dialable_now, report.not_dialable) == (0, {"default.hours": 2, "do_not_call": 1})


async def test_more_rows_than_one_transaction_takes(world: World, path: Path) -> None:
    seen: list[tuple[int, int]] = []
    count = CHUNK + 10
    rows = "".join(f"A{n},55{n:08d}\n" for n in range(10_000_000, 10_000_000 + count))
    write(path, content := f"id,telefono\n{rows}".encode())
    report = await import_file(
        world.store, path, world.campaign, country="MX", now=NOON, progress=lambda read, size: seen.append((read, size))
    )
    assert (report.rows, report.leads) == (count, count)
    assert len(seen) == 2
    assert seen[-1] == (len(content), len(content))
    [kept] = await world.store.imports.list()
    assert (kept.row_count, kept.lead_count) == (count, count)


async def test_a_list_without_ids_is_known_by_its_numbers(world: World, path: Path) -> None:
    for leads in (2, 0):
        report = await load(world, path, "telefono\n55 1234 5678\n55 8765 4321\n")
        assert report.leads == leads


async def test_an_undone_import_is_withdrawn_and_can_come_again(world: World, path: Path) -> None:
    first = await load(world, path, LIST)
    await world.store.leads.withdraw((await one(world, "A2")).id)
    assert await world.store.imports.undo(first.import_id, NOON) == 2
    assert not (await world.claim(now=NOON)).leads
    [kept] = await world.store.imports.list(campaign=world.campaign.id)
    assert kept.undone_at == NOON
    again = await load(world, path, LIST)
    assert again.leads == 2  # the one that was withdrawn by hand stays so
    assert len((await world.claim(now=NOON)).leads) == 2


async def test_an_undone_import_spares_what_is_finished(world: World, path: Path) -> None:
    report = await load(world, path, LIST)
    lead = await world.claim_one(now=NOON)
    await world.dial(lead, Outcome.CONNECTED, at=NOON)
    await _finish(world, lead.id)
    assert await world.store.imports.undo(report.import_id, NOON) == 2
    view = await world.store.leads.view(lead.id)
    assert view is not None
    assert view.state is LeadState.FINISHED


async def _finish(world: World, lead: LeadId) -> None:
    from dialer.core.messages import SaveLead

    await world.tell(SaveLead(lead, 1, None, "PTP"))


@pytest.mark.parametrize(
    ("text", "country", "says"),
    [
        ("", "MX", "must name the columns"),
        (";;;\n1;2;3;4\n", "MX", "must name the columns"),
        ("id,nombre\n1,Ana\n", "MX", "no column is a telephone number"),
        (LIST, "XX", "country 'XX'"),
    ],
)
async def test_a_list_that_cannot_be_read_is_refused(
    world: World, path: Path, text: str, country: str, says: str
) -> None:
    with pytest.raises(ImportRefusedError, match=says):
        await load(world, path, text, country=country)
    assert await world.store.imports.list() == ()


async def test_a_file_that_is_not_there_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="nowhere"):
        await import_file(world.store, tmp_path / "nowhere.csv", world.campaign, country="MX", now=NOON)


async def test_an_open_quote_harms_its_own_rows_alone(world: World, path: Path) -> None:
    torn = 'A0,"' + "x" * 140_000
    report = await load(world, path, f"id,telefono\nA1,55 1234 5678\n{torn}\n")
    assert report.leads == 1
    assert report.rejected == {"form": 1}


async def test_the_report_is_plain_json(world: World, path: Path) -> None:
    report = await load(world, path, LIST + "A9,,,,,,,,,\n")
    plain = json.loads(json.dumps(report.as_dict()))
    assert plain["rejected"] == {"no telephone number": 1}
    assert set(plain) >= {
        "rows", "leads", "phones", "invalid_phones", "rejected", "dialable_now", "not_dialable", "seconds"
    }  # fmt: skip
    assert world.campaign.status is CampaignStatus.PAUSED


async def test_what_known_people_have_behind_them_counts_too(world: World, path: Path) -> None:
    text = """id;curp;telefono
K1;RUXA900101MDFZXN07;+525512345678
K2;;+525512345679
K3;;+525512345680
K4;;+525512345681
K5;;+525512345682
"""
    assert (await load(world, path, text, now=NOON - DAY)).leads == 5
    for external, done, ago_s in (("K1", Outcome.CONNECTED, 2 * HOUR), ("K3", Outcome.NO_ANSWER, HOUR / 2)):
        lead = await one(world, external)
        found = (await world.store.leads.view(lead.id)).phones[0]  # type: ignore[union-attr]
        claimed = next(o for o in (await world.claim(9, now=NOON - HOUR)).leads if o.id == lead.id)
        assert claimed.number == found.number
        await world.dial(claimed, done, at=NOON - ago_s)
        await world.tell(SaveLead(lead.id, 1, NOON - 1, "x"))
        await world.store.begin_run(NOON)  # the others go back
    second, fourth = await one(world, "K2"), await one(world, "K4")
    await world.store.restrictions.add([NewRestriction(lead=second.id, kind=Kept.DISPUTE, account=True)], NOON)
    await world.tell(SaveLead(fourth.id, 1, None, "PTP"))
    fresh = "id;curp;telefono\nN1;RUXA900101MDFZXN07;+525512345699\nN2;;+525512345680\n"
    for dry in (True, False):
        report = await import_file(
            world.store, path, world.campaign, country="MX", now=NOON, options=Options(dry_run=dry)
        )
        assert (report.rows, report.leads, report.dialable_now) == (5, 0, 1)  # K5
        assert report.not_dialable == {
            "default.contact_gap": 1, "withdrawn": 1, "default.number_gap": 1, "finished": 1
        }  # fmt: skip
    report = await load(world, path, fresh, now=NOON)
    assert (report.leads, report.not_dialable) == (2, {"default.contact_gap": 1})  # N2 is nobody known
