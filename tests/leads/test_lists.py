"""Laws of files: the same rows whatever the file's kind, encoding and delimiter."""

import json
import re
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dialer.errors import ImportRefusedError
from dialer.leads.chunks import Source, head_of
from dialer.leads.lists import encoding_of, rows_of

Sheet = Callable[[Any], None]


def book(path: Path, fill: Sheet, *, change: Callable[[str], str] | None = None) -> list[tuple[list[str], str]]:
    """The rows, the header first, of a workbook whose sheet is filled so and whose text is changed after."""
    openpyxl = pytest.importorskip("openpyxl")
    made: Any = openpyxl.Workbook()
    fill(made.active)
    made.save(path / "made.xlsx")
    with zipfile.ZipFile(path / "made.xlsx") as old, zipfile.ZipFile(path / "list.xlsx", "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if change is not None and "sheet1" in name else text)
    with closing(rows_of(path / "list.xlsx")) as rows:
        return [(rows.header, ""), *((cells, wrong) for _, cells, wrong in rows)]


def test_merged_cells_have_their_value_wherever_they_reach(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        for row in (
            ["Cuenta", "Teléfonos", None, "Nota"],
            ["A1", 5512345678, 5587654321, "x"],
            [None, 5511112222, None, None],
            ["A2", 5511113333, None, None],
        ):
            sheet.append(row)
        for merged in ("B1:C1", "A2:A3", "D2:D3"):
            sheet.merge_cells(merged)

    assert [cells for cells, _ in book(tmp_path, fill)] == [
        ["Cuenta", "Teléfonos", "Teléfonos 2", "Nota"],
        ["A1", "5512345678", "5587654321", "x"],
        ["A1", "5511112222", "", "x"],
        ["A2", "5511113333", "", ""],
    ]


def test_a_header_of_two_lines_is_one(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        for row in (["Cuenta", "Teléfonos", None], [None, "Celular", "De la casa"], ["A1", 5512345678, 5587654321]):
            sheet.append(row)
        for merged in ("B1:C1", "A1:A2"):
            sheet.merge_cells(merged)

    header, row = book(tmp_path, fill)
    assert header[0] == ["Cuenta", "Celular", "Teléfonos De la casa"]
    assert row[0] == ["A1", "5512345678", "5587654321"]


def test_a_formula_that_was_never_worked_out_rejects_its_row(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        for row in (["id", "tel", "saldo"], ["A1", 55, "=1+1"], ["A2", 55, "=1+2"], ["A3", 55, '=""'], ["A4", 55, 4]):
            sheet.append(row)

    def worked_out(text: str) -> str:
        text = text.replace("<f>1+2</f><v />", "<f>1+2</f><v>3</v>")
        return re.sub(r'<c r="C4"[^>]*><f>""</f><v />', '<c r="C4" t="str"><f>""</f><v></v>', text)

    found = book(tmp_path, fill, change=worked_out)
    assert [cells[2] for cells, _ in found] == ["saldo", "", "3", "", "4"]
    assert [wrong for _, wrong in found] == [
        "", "C2 holds a formula without its result: open the file in Excel and save it", "", "", "",
    ]  # fmt: skip


def test_the_sheet_goes_as_far_as_it_goes_whatever_its_head_says(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        for n in range(5):
            sheet.append(["id" if n == 0 else f"A{n}", "tel"])

    found = book(tmp_path, fill, change=lambda text: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1:A2"', text))
    assert [cells for cells, _ in found] == [["id", "tel"], *([f"A{n}", "tel"] for n in range(1, 5))]


def test_of_several_sheets_it_is_told_which_are_not_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    made: Any = openpyxl.Workbook()
    made.active.title = "Enero"
    for sheet in (made.active, made.create_sheet("Febrero")):
        sheet.append(["id", "tel"])
        sheet.append(["A1", "5512345678"])
    made.save(tmp_path / "list.xlsx")
    head = head_of(Source(tmp_path / "list.xlsx", "MX"))
    assert (head.form, head.unread) == ("XLSX, Enero", ("Febrero",))


def test_merged_cells_that_lie_one_over_another_take_no_time(tmp_path: Path) -> None:
    merges = "".join(f'<mergeCell ref="A1:XFD{n}"/>' for n in range(2, 20_000))

    def fill(sheet: Any) -> None:
        sheet.append(["id", "tel"])
        sheet.append(["A1", "tel"])

    with pytest.raises(ImportRefusedError, match="one over another"):
        book(tmp_path, fill, change=lambda text: text.replace("</sheetData>", f"</sheetData>{merges}"))


def test_a_parquet_file_that_breaks_off_within_says_where(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "list.parquet"
    rows = 5_000
    table = pyarrow.table(
        {"id": [f"A{n}" for n in range(rows)], "telefono": [f"55{10_000_000 + n}" for n in range(rows)]}
    )
    parquet.write_table(table, path, row_group_size=1_000, compression="gzip", use_dictionary=False)
    whole = path.read_bytes()
    place = len(whole) // 2
    path.write_bytes(whole[:place] + b"\xff" * 200 + whole[place + 200 :])
    found = rows_of(path)
    with pytest.raises(ImportRefusedError, match=r"is broken behind row [0-9]+"):
        list(found)
    found.close()


def test_text_that_a_parquet_file_does_not_mark_as_such_is_text(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "list.parquet"
    columns = {"nombre": pyarrow.array([b"Ana", None], pyarrow.binary()), "telefono": ["5512345678", None]}
    parquet.write_table(pyarrow.table(columns), path)
    found = rows_of(path)
    assert [cells for _, cells, _ in found] == [["Ana", "5512345678"], ["", ""]]
    found.close()


def test_a_number_that_is_missing_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"id": "A1", "tel": NaN}\n')
    with closing(rows_of(path)) as rows:
        assert [cells for _, cells, _ in rows] == [["A1", ""]]


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
