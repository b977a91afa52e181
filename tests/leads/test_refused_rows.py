"""Laws of rows that the tables refuse, and of rejected rows over a cut: each stands aside as it was."""

import csv
from pathlib import Path

import pytest

from dialer.leads.importer import Options, import_file
from dialer.leads.rejected import rejected_file
from dialer.store.imports import CHUNK
from tests.leads.test_import_options import NOON, load, many
from tests.store.world import World


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


async def test_a_row_about_the_account_of_another_person_is_put_aside_as_it_was(world: World, path: Path) -> None:
    text = "cuenta,curp,telefono\nA1,BOXW310820HNERXN09,5512345678\nA2,,\nA1,RUXA900101MDFZXN07,5587654321\n"
    dry = await load(world, path, text, Options(dry_run=True))
    report = await load(world, path, text)
    assert dry.rejected == report.rejected == {"no telephone number": 1, "account of another person": 1}
    assert (dry.leads, report.leads) == (1, 1)
    assert (dry.phones, report.phones) == (1, 1)
    with rejected_file(path).open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert [(row[0], row[2:]) for row in rows] == [
        ("3", ["A2", "", ""]), ("4", ["A1", "RUXA900101MDFZXN07", "5587654321"]),
    ]  # fmt: skip
    assert "a co-debtor needs an external id of their own" in rows[1][1]
    assert (await load(world, path, text, Options(dry_run=True))).rejected == dry.rejected


async def test_rows_that_the_tables_refuse_are_found_again_behind_many_others(world: World, path: Path) -> None:
    """The cells of a refused row are read a second time: behind rejected rows and later chunks it is still the one."""
    first = [f"A{n},{n}" if n % 5 else f"A{n}" for n in range(CHUNK + 50)]
    extra = ["A1,1", "A7,7", "X,"]
    numbers = [f"{one},55{20_000_000 + n}" if one.count(",") else f"{one}," for n, one in enumerate([*first, *extra])]
    await load(world, path, "\n".join(["id,saldo,telefono", *numbers, ""]), Options(refuse_duplicates=True))
    with rejected_file(path).open(newline="") as file:
        found = [row[2] for row in csv.reader(file) if row[1] == "duplicate"]
    assert found == ["A1", "A7"]


async def test_an_import_that_was_cut_off_elsewhere_keeps_the_rows_it_had_rejected(
    world: World, tmp_path: Path
) -> None:
    """As the API does it: each time the file is sent, it lies in another folder."""
    text = many(CHUNK * 2)
    first, second = tmp_path / "one" / "list.csv", tmp_path / "two" / "list.csv"
    for path in (first, second):
        path.parent.mkdir()
        path.write_text(text)

    class CutOffError(Exception):
        pass

    def progress(read: int, size: int) -> None:
        raise CutOffError

    with pytest.raises(CutOffError):
        await import_file(world.store, first, world.campaign, country="MX", now=NOON, progress=progress)
    report = await import_file(world.store, second, world.campaign, country="MX", now=NOON)
    with rejected_file(second).open(newline="") as file:
        assert len(list(csv.reader(file))) - 1 == sum(report.rejected.values()) == CHUNK * 2 // 10
