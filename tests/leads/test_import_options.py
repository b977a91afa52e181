"""Laws of what an import may be asked: a dry run, a mapping, duplicates refused, to go on, to be undone."""

import asyncio
import csv
import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialer.errors import ImportRefusedError
from dialer.leads.chunks import Chunks, Source, head_of
from dialer.leads.columns import mapping_of
from dialer.leads.importer import ImportReport, Options, import_file
from dialer.leads.mapping import load_mapping, save_mapping
from dialer.leads.rejected import rejected_file
from dialer.store import LeadView, PhoneState, Store
from dialer.store.errors import TakenError
from dialer.store.imports import CHUNK
from tests.store.world import World

NOON = 1_700_071_200.0
ROWS = 3 * CHUNK + 500  # every tenth of them is rejected
KEPT = ROWS * 9 // 10
LIST = "id,telefono,celular,saldo\nA1,55 1234 5678,,10\nA2,,,5\nA3,99,55 8765 4321,7\n"


async def load(world: World, path: Path, text: str, options: Options | None = None) -> ImportReport:
    write(path, text)
    return await import_file(world.store, path, world.campaign, country="MX", now=NOON, options=options)


def write(path: Path, text: str) -> None:
    path.write_text(text)


def ended(program: Path, *words: object) -> int:
    """The exit code of a program of ours."""
    command = [sys.executable, str(program), *map(str, words)]
    return subprocess.run(command, check=False, cwd=Path(__file__).parents[2]).returncode


async def one(world: World, external_id: str) -> LeadView:
    [view] = [v for v in await world.store.leads.find(world.campaign.id, external_id) if v.account]
    return view


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


async def test_a_dry_run_says_what_the_import_says_and_writes_nothing(world: World, path: Path) -> None:
    text = LIST + "A1,55 1234 5678,,11\n"
    dry = await load(world, path, text, Options(dry_run=True))
    assert await world.store.imports.list() == ()
    assert not rejected_file(path).exists()
    wet = await load(world, path, text)
    assert (dry.leads, dry.dry_run) == (2, True)
    assert replace(dry, import_id=wet.import_id, dry_run=False) == wet
    again = await load(world, path, text, Options(dry_run=True))
    assert again.leads == 0


async def test_duplicates_are_refused_where_that_is_wanted(world: World, path: Path) -> None:
    refuse = Options(refuse_duplicates=True)
    text = LIST + "A1,55 1111 1111,,11\n"
    dry = await load(world, path, text, replace(refuse, dry_run=True))
    report = await load(world, path, text, refuse)
    assert report.rejected == dry.rejected == {"no telephone number": 1, "duplicate": 1}
    account = (await one(world, "A1")).account
    assert account is not None
    assert account.balance == "10"
    with rejected_file(path).open(newline="") as file:
        assert [row[:3] for row in csv.reader(file)][-1] == ["5", "duplicate", "A1"]
    again = await load(world, path, text, refuse)
    assert (again.leads, again.rejected["duplicate"]) == (0, 3)


async def test_a_row_for_each_number_is_one_lead(world: World, path: Path) -> None:
    report = await load(world, path, "id,telefono\nA1,55 1234 5678\nA1,55 8765 4321\n")
    assert (report.leads, report.phones) == (1, 2)
    assert [phone.number for phone in (await one(world, "A1")).phones] == ["+525512345678", "+525587654321"]


async def test_a_saved_mapping_takes_the_columns_as_it_says(world: World, path: Path, tmp_path: Path) -> None:
    write(path, "Operacion;Fono A;Fono B;Deudor;telefono\nX1;5512345678;5587654321;Ana;000\n")
    saved = tmp_path / "map.toml"
    write(saved, '[columns]\nexternal_id = "Operacion"\nphone = ["Fono A", "Fono B"]\nname = "Deudor"\n')
    options = Options(mapping=load_mapping(saved))
    await import_file(world.store, path, world.campaign, country="MX", now=NOON, options=options)
    view = await one(world, "X1")
    assert [phone.number for phone in view.phones] == ["+525512345678", "+525587654321"]
    assert view.account is not None
    assert view.account.fields == (("telefono", "000"),)  # what a mapping does not name is not guessed at


def test_what_was_found_out_can_be_saved_and_given_again(path: Path, tmp_path: Path) -> None:
    path.write_text("id,telefono,celular,consentimiento,extra\nA1,5512345678,,si,x\n")
    found = head_of(Source(path, "MX")).columns
    save_mapping(tmp_path / "map.toml", mapping_of(found))
    assert head_of(Source(path, "MX", load_mapping(tmp_path / "map.toml"))).columns == found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("columns = 3", "must have a table"),
        ("[columns]\nphone = 3", "phone must be a column's name"),
        ("[columns\n", "is no TOML"),
        ('[columns]\nphon = "telefono"', "'phon' is nothing that a column may mean"),
        ('[columns]\nphone = "Fono"', "no column is called 'Fono'"),
    ],
)
async def test_a_mapping_that_does_not_fit_is_refused(
    world: World, path: Path, tmp_path: Path, text: str, says: str
) -> None:
    write(tmp_path / "map.toml", text)
    with pytest.raises(ImportRefusedError, match=says):
        await load(world, path, LIST, Options(mapping=load_mapping(tmp_path / "map.toml")))
    assert await world.store.imports.list() == ()


async def test_consent_type_rank_and_expiry_come_with_the_numbers(world: World, path: Path) -> None:
    await load(
        world,
        path,
        "id,celular,consentimiento,telefono casa,orden,valido hasta,provincia\n"
        "A1,55 1234 5678,no,55 8765 4321,7,2023-12-31 10:05:00,Jalisco\nA2,55 1234 5679,,,,,\n",
    )
    view = await one(world, "A1")
    assert [(phone.type, phone.consent, phone.consent_at) for phone in view.phones] == [
        ("mobile", "refused", NOON),
        ("fixed", "refused", NOON),
    ]
    assert view.person.region == "Jalisco"
    assert [lead.number for lead in (await world.claim(now=NOON)).leads] == ["+525512345679"]


@pytest.mark.parametrize(
    ("text", "consent"),
    [("VERDADERO", "given"), ("Verdadeiro", "given"), ("FALSO", "refused"), ("Sí", "given"), ("não", "refused")],
)
async def test_consent_is_read_as_spreadsheets_write_it(world: World, path: Path, text: str, consent: str) -> None:
    await load(world, path, f"id,celular,consentimiento\nA1,55 1234 5678,{text}\n")
    assert [phone.consent for phone in (await one(world, "A1")).phones] == [consent]


async def numbers_of(world: World, external_id: str) -> list[tuple[str, str, str, str]]:
    return [(o.number, o.type, o.consent, o.extension) for o in (await one(world, external_id)).phones]


async def test_lists_of_numbers_are_many_numbers(world: World, tmp_path: Path) -> None:
    rows = [
        {"id": "A1", "phones": ["+525512345678", "55 8765 4321", None]},
        {"id": "A2", "phones": [{"number": "5511112222", "type": "fijo", "consent": False}, {"tel": 5511113333}]},
        {"id": "A3", "phones": {"telefono": "55 1111 4444 ext 5"}},
        {"id": "A4", "phones": []},
        {"id": "A5", "phones": [{"house": "55 1111 5555"}]},
        {"id": "A6", "phones": [True]},
    ]
    path = tmp_path / "list.jsonl"
    report = await load(world, path, "\n".join(map(json.dumps, rows)))
    assert await numbers_of(world, "A1") == [
        ("+525512345678", "fixed_or_mobile", "", ""),
        ("+525587654321", "fixed_or_mobile", "", ""),
    ]
    assert await numbers_of(world, "A2") == [
        ("+525511112222", "fixed", "refused", ""),
        ("+525511113333", "fixed_or_mobile", "", ""),
    ]
    assert await numbers_of(world, "A3") == [("+525511114444", "fixed_or_mobile", "", "5")]
    assert (report.phones, report.extensions) == (5, 1)
    assert report.rejected == {"no telephone number": 1, "telephone numbers": 2}


async def test_lists_of_numbers_in_parquet(world: World, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "list.parquet"
    when = datetime(2023, 1, 31, tzinfo=UTC)
    said = [{"number": "5511112222", "consent": True, "consent_date": when}, {"number": None, "consent": None}]
    columns = {"id": ["A1", "A2", "A3"], "phones": [["5512345678", "5587654321"], [], None]}
    parquet.write_table(pyarrow.table(columns), path)
    report = await import_file(world.store, path, world.campaign, country="MX", now=NOON)
    assert [one[0] for one in await numbers_of(world, "A1")] == ["+525512345678", "+525587654321"]
    assert report.rejected == {"no telephone number": 2}
    parquet.write_table(pyarrow.table({"id": ["B1"], "phones": [said[:1]]}), path)
    await import_file(world.store, path, world.campaign, country="MX", now=NOON)
    [phone] = (await one(world, "B1")).phones
    assert (phone.consent, phone.consent_at) == ("given", when.timestamp() + 6 * 3600)  # a day is the number's own


async def test_several_numbers_in_one_cell(world: World, path: Path) -> None:
    text = (
        "id,telefono\nA1,5512345678 / 5587654321\nA2,55 1111 2222; 55 1111 3333\nA3,55 1111 4444 y 55 1111 5555\n"
        "A4,55 1111 6666/67\n"
    )
    await load(world, path, text)
    assert [one[0] for one in await numbers_of(world, "A1")] == ["+525512345678", "+525587654321"]
    assert [one[0] for one in await numbers_of(world, "A2")] == ["+525511112222", "+525511113333"]
    assert [one[0] for one in await numbers_of(world, "A3")] == ["+525511114444", "+525511115555"]
    assert [phone.state for phone in (await one(world, "A4")).phones] == [PhoneState.INVALID]  # nothing is guessed


async def test_first_digits_and_surnames_may_have_columns_of_their_own(world: World, path: Path) -> None:
    write(
        path,
        "id,nome,sobrenome,ddd 1,telefone 1,ddd 2,telefone 2\n"
        "A1,Ana,Souza Lima,11,3333-4444,21,99888-7766\nA2,Bia Lima,Lima,11,11933334444,,\nA3,,Cruz,11,12,,\n",
    )
    await import_file(world.store, path, world.campaign, country="BR", now=NOON)
    assert [one[0] for one in await numbers_of(world, "A1")] == ["+551133334444", "+5521998887766"]
    assert [one[0] for one in await numbers_of(world, "A2")] == ["+5511933334444"]
    assert [one[0] for one in await numbers_of(world, "A3")] == ["11 12"]
    assert [(await one(world, n)).person.name for n in ("A1", "A2", "A3")] == ["Ana Souza Lima", "Bia Lima", "Cruz"]


async def test_a_column_called_estado_is_a_place_where_it_names_one(world: World, path: Path) -> None:
    await load(world, path, "id,telefono,Estado\nA1,5512345678,Nuevo León\nA2,5587654321,Vencido\nA3,5511112222,N.L.\n")
    found = [await one(world, n) for n in ("A1", "A2", "A3")]
    assert [view.person.region for view in found] == ["Nuevo León", "", "N.L."]
    assert [dict(view.account.fields)["Estado"] for view in found if view.account] == ["Nuevo León", "Vencido", "N.L."]


@pytest.mark.parametrize("error", ["#N/A", "#N/D", "#¡REF!", "#¿NOMBRE?"])
async def test_what_a_formula_could_not_work_out_is_told_by_nobody(world: World, path: Path, error: str) -> None:
    text = f"id,telefono,saldo,nota\n{error},55 1234 5678,{error},{error}\n{error},55 8765 4321,5,#1\n"
    report = await load(world, path, text)
    assert (report.leads, report.rejected) == (2, {})  # no two who have nothing but that in common are one
    found = await one(world, "+525587654321")
    assert found.account is not None
    assert (found.account.balance, found.account.fields) == ("5", (("nota", "#1"),))


async def test_a_consent_is_of_the_day_that_the_list_tells(world: World, path: Path) -> None:
    head, day = "id,celular,consentimiento,fecha consentimiento\n", datetime(2023, 1, 31, 6, tzinfo=UTC).timestamp()
    report = await load(world, path, head + "A1,5512345678,si,31/01/2023\nA2,5587654321,si,soon\nA3,5511112222,,\n")
    assert report.rejected == {"day of consent": 1}
    [phone] = (await one(world, "A1")).phones
    assert (phone.consent, phone.consent_at) == ("given", day)
    for text, consent, at in (
        ("si,", "given", day),  # told again, it grows no younger
        ("si,2023-02-01", "given", day + 86_400.0),
        ("no,", "refused", NOON),
        ("si,2023-02-01", "refused", NOON),  # of before the refusal
        ("si,2023-11-16", "given", NOON),  # tomorrow: no later than now
    ):
        await load(world, path, f"{head}A1,5512345678,{text}\n")
        [phone] = (await one(world, "A1")).phones
        assert (phone.consent, phone.consent_at) == (consent, at), text


@pytest.mark.parametrize(("consent", "comes"), [("si", True), ("", False), ("no", False)])
async def test_a_consent_brings_back_a_lead_that_was_given_up_for_want_of_it(
    world: World, path: Path, consent: str, *, comes: bool
) -> None:
    head = "id,celular,consentimiento\n"
    await load(world, path, head + "A1,5512345678,no\n")
    assert (await world.claim(now=NOON)).leads == ()
    await load(world, path, f"{head}A1,5512345678,{consent}\n")
    assert ((await one(world, "A1")).state == "open") is comes


async def test_zeros_put_back_and_extensions_are_told(world: World, path: Path) -> None:
    write(path, "id,cpf,telefone\nA1,1234567890,11 3333 4444 ramal 7\nA2,01234567890,11 3333 4444 ramal 9\n")
    report = await import_file(world.store, path, world.campaign, country="BR", now=NOON)
    assert (report.padded_ids, report.invalid_ids, report.extensions) == (1, 0, 2)
    first, second = await one(world, "A1"), await one(world, "A2")
    assert first.person == second.person
    assert [phone.extension for phone in first.phones] == ["9"]
    assert first.account is not None
    assert first.account.fields == (("national_id_as_written", "1234567890"),)


async def test_a_wrong_national_id_is_nobodys_key_and_is_counted(world: World, path: Path) -> None:
    report = await load(world, path, "id,curp,telefono\nA1,XXXX,55 1234 5678\nA2,XXXX,55 1234 5679\n")
    assert (report.leads, report.invalid_ids) == (2, 2)
    first, second = await one(world, "A1"), await one(world, "A2")
    assert first.person.id != second.person.id
    assert first.account is not None
    assert first.account.fields == (("national_id", "XXXX"),)


async def test_undoing_puts_figures_and_numbers_back(world: World, path: Path) -> None:
    await load(world, path, "id,telefono,saldo\nA1,55 1234 5678,10\n")
    second = await load(world, path, "id,telefono,saldo\nA1,55 8765 4321,99\nA2,55 1111 1111,1\n")
    await world.store.imports.undo(second.import_id, NOON)
    view = await one(world, "A1")
    assert view.account is not None
    assert view.account.balance == "10"
    assert [(phone.number, phone.state) for phone in view.phones] == [
        ("+525512345678", PhoneState.VALID),
        ("+525587654321", PhoneState.WITHDRAWN),
    ]
    assert (await one(world, "A2")).state == "withdrawn"
    await load(world, path, "id,telefono,saldo\nA1,55 8765 4321,98\n")
    assert [phone.state for phone in (await one(world, "A1")).phones] == [PhoneState.VALID, PhoneState.VALID]


async def test_nothing_brings_back_what_was_erased(world: World, path: Path) -> None:
    await load(world, path, "id,curp,nombre,telefono,correo\nA1,BOXW310820HNERXN09,Ana Q,55 1234 5678 ext 9,ana@a\n")
    second = await load(world, path, "id,telefono,correo\nA1,55 8765 4321,ana@b\n")
    lists, person = world.store.do_not_call, (await one(world, "A1")).person.id
    await lists.add(["+525512345678"], "house", NOON)
    await lists.add(["+525512345678", "+525587654321"], "register", NOON, loading=True)
    await world.store.people.erase(person, NOON)
    await world.store.imports.undo(second.import_id, NOON)
    database = sqlite3.connect(world.store.url.removeprefix("sqlite:///"))
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    kept = {name: repr(database.execute(f"SELECT * FROM {name}").fetchall()) for name in tables}
    database.close()
    told = ("Ana Q", "ana@a", "ana@b", "5512345678", "5587654321", "BOXW310820", "'9'")
    found = {(name, one) for name, text in kept.items() for one in told if one in text}
    assert found == {("do_not_call", "5512345678"), ("do_not_call", "5587654321")}
    assert await lists.lists_of("+525512345678", now=NOON) == ("erased", "register")


async def test_a_number_that_two_lists_told_outlives_the_undoing_of_one(world: World, path: Path) -> None:
    first = await load(world, path, "id,telefono\nA1,55 1234 5678\n")
    await load(world, path, "id,telefono,saldo\nA1,55 1234 5678,3\n")
    await world.store.imports.undo(first.import_id, NOON)
    assert [phone.state for phone in (await one(world, "A1")).phones] == [PhoneState.VALID]


def many(count: int) -> str:
    """A list of which every tenth row is rejected."""
    rows = (f"A{n},{'' if n % 10 == 0 else f'55{n:08d}'}" for n in range(10_000_000, 10_000_000 + count))
    return "id,telefono\n" + "\n".join(rows) + "\n"


def test_a_process_of_its_own_reads_the_same(path: Path) -> None:
    path.write_text(many(CHUNK + 7))
    near, far = Chunks(Source(path, "MX"), own_process=False), Chunks(Source(path, "MX"), own_process=True)
    assert near.head == far.head
    while (chunk := near.next()) is not None:
        assert far.next() == chunk
    assert far.next() is None
    near.close()
    far.close()


def test_a_refusal_of_the_reading_process_is_told(path: Path) -> None:
    path.write_text("id,nombre\n1,Ana\n")
    with pytest.raises(ImportRefusedError, match="no column is a telephone number"):
        Chunks(Source(path, "MX"), own_process=True)


# Imports, and dies without warning as soon as it has said how far it is.
CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from dialer.leads.importer import import_file
from dialer.store import Store, imports
imports.TRANSACTION_MAX_S = float(sys.argv[4])

async def main(url, path, kills):
    seen = 0
    def progress(read, size):
        nonlocal seen
        seen += 1
        if seen == kills:
            os.kill(os.getpid(), signal.SIGKILL)
    async with await Store.open(url) as store:
        campaign = await store.campaigns.find("spring")
        await import_file(store, Path(path), campaign, country="MX", now=1_700_071_200.0, progress=progress)

if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


# How many chunks each life comes through, and how long its transactions last: 60 s are never committed.
@pytest.mark.parametrize(
    "lives", [((2, 0.0), (1, 0.0), (1, 0.0)), ((2, 60.0), (1, 60.0)), ((1, 0.0), (2, 60.0), (1, 0.0))]
)
async def test_what_kill_9_cut_off_goes_on_and_nothing_is_lost_or_doubled(
    world: World, path: Path, tmp_path: Path, lives: tuple[tuple[int, float], ...]
) -> None:
    write(path, many(ROWS))
    url = f"sqlite:///{tmp_path}/dialer.db"
    program = tmp_path / "child.py"
    write(program, CHILD)
    for chunks, transaction_s in lives:
        assert ended(program, url, path, chunks, transaction_s) == -9
    report = await import_file(world.store, path, world.campaign, country="MX", now=NOON)
    assert (report.resumed_after > 0) == any(transaction_s == 0.0 for _, transaction_s in lives)
    assert (report.rows, report.leads, report.phones) == (ROWS, KEPT, KEPT)
    assert report.rejected == {"no telephone number": ROWS - KEPT}
    assert report.dialable_now + sum(report.not_dialable.values()) == KEPT
    [kept] = await world.store.imports.list()
    assert (kept.row_count, kept.lead_count, kept.finished_at) == (KEPT, KEPT, NOON)
    with rejected_file(path).open(newline="") as file:
        lines = [int(row[0]) for row in list(csv.reader(file))[1:]]
    assert lines == list(range(2, ROWS + 2, 10))
    assert (await world.store.leads.counts(world.campaign.id, NOON)).total == KEPT


async def test_of_two_imports_of_one_list_at_once_the_second_is_refused(world: World, path: Path) -> None:
    """Not only from another process: two requests to one server are two imports as well."""
    first = await load(world, path, LIST)
    [known] = await world.store.imports.list()
    async with world.store.imports.alone(world.campaign.id, known.digest):
        with pytest.raises(TakenError, match="being imported"):
            await load(world, path, LIST)
        with pytest.raises(TakenError):
            await world.store.imports.undo(first.import_id, NOON)
        assert (await load(world, path, LIST, Options(dry_run=True))).rows == first.rows  # writes nothing: free to
        assert (await load(world, path, LIST + "A9,55 1234 5679,,1\n")).leads == 1  # another list
    assert (await load(world, path, LIST)).leads == 0
    assert await world.store.imports.undo(first.import_id, NOON) == first.leads


async def test_two_who_write_at_once_take_turns(tmp_path: Path) -> None:
    """A load goes on in one transaction until another process raises its hand."""
    url = f"sqlite:///{tmp_path}/dialer.db"
    async with await Store.open(url) as store, await Store.open(url) as other:
        world = await World.made(store)
        path = tmp_path / "list.csv"
        write(path, many(CHUNK * 2))
        seen: list[int] = []

        async def interfere() -> None:
            for n in range(3):
                await other.clients.add(f"client {n}")
                seen.append(n)

        report, _ = await asyncio.gather(import_file(store, path, world.campaign, country="MX", now=NOON), interfere())
        assert (report.leads, seen) == (CHUNK * 2 * 9 // 10, [0, 1, 2])
