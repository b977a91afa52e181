"""Laws of files: the same rows whatever the file's kind, encoding and delimiter."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dialer.errors import ImportRefusedError
from dialer.leads.lists import encoding_of, rows_of

HEADER = ["id", "teléfono", "saldo", "nombre"]
ROWS = [["A1", "5512345678", "1234.5", "José Núñez"], ["A2", "5587654321", "", "João Brandão"]]
TEXT = "\r\n".join(",".join(row) for row in [HEADER, *ROWS]) + "\r\n"


def xlsx(path: Path) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book: Any = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADER)
    sheet.append(["A1", 5512345678, 1234.5, "José Núñez"])  # numbers as spreadsheets keep them
    sheet.append([None, None, None, None])
    sheet.append(["A2", 5587654321.0, None, "João Brandão"])
    book.save(path.with_suffix(".xlsx"))
    return path.with_suffix(".xlsx")


def parquet(path: Path) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as files

    table = pyarrow.table(
        {
            "id": ["A1", "A2"],
            "teléfono": [5512345678, 5587654321],
            "saldo": [1234.5, None],
            "nombre": ["José Núñez", "João Brandão"],
        }
    )
    files.write_table(table, path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def jsonl(path: Path) -> Path:
    rows = [
        {"id": "A1", "teléfono": 5512345678, "saldo": 1234.5, "nombre": "José Núñez"},
        {"nombre": "João Brandão", "id": "A2", "teléfono": "5587654321"},
    ]
    to = path.with_suffix(".jsonl")
    to.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n", encoding="utf-8")
    return to


def csv(path: Path) -> Path:
    path.write_text(TEXT, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("make", [csv, xlsx, parquet, jsonl])
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    rows = rows_of(make(tmp_path / "list.csv"))
    assert rows.header == HEADER
    assert [cells for _, cells, wrong in rows if not wrong] == ROWS
    assert rows.position == rows.size
    rows.close()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "cp850", "mac_roman"])
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(TEXT.encode(encoding))
    rows = rows_of(path)
    assert [rows.header, *(cells for _, cells, _ in rows)] == [HEADER, *ROWS]
    rows.close()


def test_plain_ascii_is_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"id,phone\n1,2\n")
    assert encoding_of(path) == "utf-8"


def test_a_spreadsheet_may_say_its_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("sep=;\nid;a, b\n1;2\n")
    rows = rows_of(path)
    assert rows.header == ["id", "a, b"]
    assert list(rows) == [(3, ["1", "2"], "")]
    rows.close()


def test_what_was_said_goes_before_what_would_be_found(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("id,a;nombre\n1,2;é\n".encode("cp850"))
    rows = rows_of(path, encoding="cp850", delimiter=";")
    assert (rows.header, list(rows)) == (["id,a", "nombre"], [(2, ["1,2", "é"], "")])
    rows.close()


def test_a_line_that_is_no_object_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"id": 1}\n[1]\n{"id": \n')
    rows = rows_of(path)
    assert [(line, wrong.split(":")[0]) for line, _, wrong in rows] == [
        (1, ""),
        (2, "not a JSON object"),
        (3, "not JSON"),
    ]
    rows.close()


@pytest.mark.parametrize("name", ["list.xlsx", "list.parquet", "list.jsonl", "list.csv"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\n\n")
    with pytest.raises(ImportRefusedError, match=name):
        rows_of(tmp_path / name)
    with pytest.raises(ImportRefusedError, match="none"):
        rows_of(tmp_path / f"none{name}")


def test_a_stray_quotation_mark_costs_its_own_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    after = [f"A{n},55{n:08d}" for n in range(20_000)]  # longer than the longest cell
    lines = ["id,teléfono", 'A,"5512345678', *after, '"B\nC",55', 'D,"55', "E,56", ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    with closing(rows_of(path)) as opened:
        rows = list(opened)
    assert [(line, bool(wrong)) for line, _, wrong in rows if wrong] == [(2, True), (20_005, True)]
    assert rows[0][1] == ['A,"5512345678']
    assert [row[:2] for row in rows[-3:] if not row[2]] == [(20_003, ["B\nC", "55"]), (20_006, ["E", "56"])]
    assert len(rows) == len(after) + 4


@pytest.mark.parametrize("value", [r'"\ud800"', "[" * 5_000 + "]" * 5_000])
def test_json_that_is_no_text_costs_its_own_line_alone(tmp_path: Path, value: str) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(f'{{"id": "A"}}\n{{"id": {value}}}\n{{"id": "😀 \\ud83d\\ude00"}}\n', encoding="utf-8")
    with closing(rows_of(path)) as opened:
        assert [(line, bool(wrong)) for line, _, wrong in opened] == [(1, False), (2, True), (3, False)]
