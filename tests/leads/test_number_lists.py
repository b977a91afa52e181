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
