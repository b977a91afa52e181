"""What VICIdial exports, brought over: nothing that was done is dialled again, no number loses its country."""

import csv
from pathlib import Path

import pytest

from dialer.core.model import Category
from dialer.errors import ImportRefusedError
from dialer.leads.columns import Meaning, columns_of
from dialer.leads.vicidial import dispositions_of, rows_of, write_list, write_numbers

LIST = """lead_id\tstatus\tvendor_lead_code\tphone_code\tphone_number\talt_phone\tfirst_name\tlast_name\tstate\tcomments
1\tNEW\tV-1\t52\t5512340001\t5512340002\tEva\tMora\tCDMX\t=1+1
2\tSALE\tV-2\t52\t5512340003\t\tIvo\tPaz\t\t
3\tB\t\t57\t3001234567\t\tAna\tRey\t\t
"""


def test_a_list_becomes_one_that_is_taken_in(tmp_path: Path) -> None:
    source, to = tmp_path / "list.txt", tmp_path / "list.csv"
    source.write_text(LIST)
    assert write_list(source, to) == (2, 1)
    with to.open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["account"], row["phone"], row["phone 2"], row["name"]) for row in rows] == [
        ("V-1", "+525512340001", "+525512340002", "Eva Mora"),
        ("3", "+573001234567", "", "Ana Rey"),
    ]
    assert rows[0]["vicidial_comments"] == "'=1+1"
    columns = columns_of(list(rows[0]))
    assert columns.of(Meaning.EXTERNAL_ID) is not None
    assert len(columns.phones) == 3


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "list.txt"
    source.write_text("a,b\n1,2\n")
    with pytest.raises(ImportRefusedError, match="phone_number"):
        write_list(source, tmp_path / "to.csv")


def test_do_not_call_numbers_get_their_country(tmp_path: Path) -> None:
    source, to = tmp_path / "dnc.txt", tmp_path / "numbers.txt"
    source.write_text("phone_number\n5512340001\n525512340002\n")
    assert write_numbers(source, to, "52") == 2
    assert to.read_text().split() == ["+525512340001", "+525512340002"]


@pytest.mark.parametrize(
    ("written", "code", "meant"),
    [
        ("55987654321", "55", ["+5555987654321"]),  # an area that is called as the country is
        ("5511987654321", "55", ["+5511987654321"]),
        ("11987654321", "55", ["+5511987654321"]),
        ("5215512340001", "52", ["+525512340001"]),  # as mobiles were once written
        ("56987654321", "56", ["+56987654321"]),
        ("987654321", "56", ["+56987654321"]),
        ("123", "52", ["+52123"]),  # no number: the import says so, by line
    ],
)
def test_who_asked_not_to_be_called_is_not_lost(tmp_path: Path, written: str, code: str, meant: list[str]) -> None:
    source, to = tmp_path / "dnc.txt", tmp_path / "numbers.txt"
    source.write_text(f"{written}\n")
    write_numbers(source, to, code)
    assert to.read_text().split() == meant


def test_statuses_keep_what_they_mean(tmp_path: Path) -> None:
    source = tmp_path / "statuses.csv"
    source.write_text(
        "status,status_name,selectable,human_answered,sale,dnc,customer_contact,not_interested,scheduled_callback\n"
        "SALE,Promise,Y,Y,Y,N,Y,N,N\nDNC,Do not call,Y,Y,N,Y,N,N,N\nCALLBK,Call back,Y,Y,N,N,Y,N,Y\n"
        "NI,Not interested,Y,Y,N,N,Y,Y,N\nNEW,New lead,N,N,N,N,N,N,N\nX,Other,Y,N,N,N,N,N,N\n"
    )
    found = dispositions_of(rows_of(source))
    assert [(one.code, one.category) for one in found] == [
        ("SALE", Category.PROMISE),
        ("DNC", Category.DO_NOT_CALL),
        ("CALLBK", Category.CALLBACK),
        ("NI", Category.REFUSED),
        ("X", Category.OTHER),
    ]
