"""Laws of files of numbers: what is none is told, and a file with nothing in it is the wrong file."""

from pathlib import Path

import pytest

from dialer.errors import ConfigError
from dialer.leads.number_lists import NumbersRead, numbers_in
from tests.store.world import NOW, World


def test_old_forms_are_read_as_the_number_that_is_dialled(tmp_path: Path) -> None:
    path = tmp_path / "register.txt"
    path.write_text("+5215512345678\n+54111523456789\n+525587654321\n")
    found = list(numbers_in(path, NumbersRead()))
    assert found == ["+525512345678", "+5491123456789", "+525587654321"]


@pytest.mark.parametrize("content", [b"", b"numero\n", b"5512345678\n", "+525512345678\n".encode("utf-16")])
async def test_a_file_without_a_number_empties_no_list_and_loads_none(
    world: World, tmp_path: Path, content: bytes
) -> None:
    lists = world.store.do_not_call
    await lists.add(["+525512345678"], "register", NOW)
    path = tmp_path / "register.txt"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="nothing is changed"):
        await lists.add(numbers_in(path, NumbersRead()), "register", NOW, whole=True, loading=True)
    assert await lists.lists_of("+525512345678", now=NOW) == ("register",)
    assert await lists.loaded(world.campaign.id, NOW) == ()


async def test_a_file_that_can_hardly_be_read_takes_nothing_off_and_loads_nothing(world: World, tmp_path: Path) -> None:
    lists, path = world.store.do_not_call, tmp_path / "register.txt"
    await lists.add(["+525512345678"], "register", NOW)
    path.write_text("+525587654321\n+525587654322\n5587654323\n")
    with pytest.raises(ConfigError, match=r"1 of its 3 rows hold no valid number .*:3: .*, more than 10%"):
        await lists.add(numbers_in(path, NumbersRead()), "register", NOW, whole=True, loading=True)
    assert await lists.lists_of("+525512345678", now=NOW) == ("register",)
    assert await lists.loaded(world.campaign.id, NOW) == ()
    numbers = numbers_in(path, NumbersRead(), wrong_max=0.34)
    await lists.add(numbers, "register", NOW, whole=True, loading=True)
    assert await lists.lists_of("+525512345678", now=NOW) == ()
    assert await lists.loaded(world.campaign.id, NOW) == (("register", NOW),)


@pytest.mark.parametrize("head", ["fono", "Celular", "TEL", "Teléfono 1", "hash", "Nº", "lista negra", "nombre;fono"])
def test_the_first_line_may_name_the_column(tmp_path: Path, head: str) -> None:
    path = tmp_path / "register.csv"
    row = "Ana;+525512345678" if ";" in head else "+525512345678"
    path.write_text(f"{head}\n{row}\n", encoding="utf-8")
    read = NumbersRead()
    assert list(numbers_in(path, read)) == ["+525512345678"]
    assert (read.rows, read.wrong) == (1, 0)


@pytest.mark.parametrize("first", ["+525512345678", "tel +52 55 1234 5678", "55 1234 5678"])
def test_a_first_line_that_is_a_number_is_no_head(tmp_path: Path, first: str) -> None:
    path = tmp_path / "register.csv"
    path.write_text(f"{first}\n")
    assert list(numbers_in(path, NumbersRead(), country="MX")) == ["+525512345678"]
