"""Workbooks that somebody made to do harm, or that a bad disk did: refused in words, and never unpacked into memory."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from dialer.errors import ImportRefusedError
from dialer.leads import workbooks
from dialer.leads.workbooks import XlsxRows

_SPACE = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRINGS = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
    b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml" />'
)
_TEXT = re.compile(rb' t="inlineStr"><is><t>([^<]*)</t></is>')


def _shared(found: re.Match[bytes], texts: list[bytes]) -> bytes:
    """A cell as Excel writes it, its text apart."""
    texts.append(found[1])
    return b' t="s"><v>%d</v>' % (len(texts) - 1)


def book(path: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A workbook of two rows, each part of it changed, or left out."""
    good = openpyxl.Workbook()
    sheet = good.active
    assert sheet is not None
    sheet.append(["account", "name", "phone"])
    sheet.append(["A-1", "Ana", "+525500000001"])
    good.save(path.with_suffix(".good"))
    with zipfile.ZipFile(path.with_suffix(".good")) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        texts: list[bytes] = []
        parts = {name: old.read(name) for name in old.namelist()}
        [sheet_name] = [name for name in parts if "sheet1" in name]
        parts[sheet_name] = _TEXT.sub(lambda found: _shared(found, texts), parts[sheet_name])
        strings = b"".join(b"<si><t>%s</t></si>" % text for text in texts)
        parts["xl/sharedStrings.xml"] = b'<sst xmlns="%s">%s</sst>' % (_SPACE, strings)
        types = parts["[Content_Types].xml"]
        parts["[Content_Types].xml"] = types.replace(b"</Types>", _STRINGS + b"</Types>")
        for name, body in parts.items():
            made = change(name, body)
            if made is not None:
                new.writestr(name, made)
    return path


def read(path: Path) -> list[list[str]]:
    rows = XlsxRows(path)
    try:
        return [cells for _, cells, _ in rows]
    finally:
        rows.close()


def part(wanted: str, made: Callable[[bytes], bytes | None]) -> Callable[[str, bytes], bytes | None]:
    return lambda name, body: made(body) if wanted in name else body


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">%s]><sst>&j;</sst>""" % b"".join(
    b'<!ENTITY %c "%s">' % (b"bcdefghij"[n : n + 1], (b"&%c;" % b"abcdefghi"[n : n + 1]) * 10) for n in range(9)
)


@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        ("sharedStrings", lambda body: body[: len(body) // 2]),
        ("sharedStrings", lambda _: LAUGHS),
        ("sheet1", lambda body: body[:-60]),
        ("sheet1", lambda body: body.replace(b"</row>", b"<", 1)),
        ("sheet1", lambda body: body.replace(b'<c r="A1"', b'<c r="??"', 1)),
        ("sheet1", lambda body: body.replace(b"<v>0</v>", b"<v>99</v>", 1)),
        ("sheet1", lambda _: None),
        ("xl/workbook.xml", lambda _: b"<workbook/>"),
        ("xl/workbook.xml", lambda _: b""),
        ("Content_Types", lambda _: None),
        ("styles", lambda _: b"<styleSheet><x"),
    ],
)
def test_a_broken_workbook_is_refused_in_words(
    tmp_path: Path, wanted: str, made: Callable[[bytes], bytes | None]
) -> None:
    path = book(tmp_path / "list.xlsx", part(wanted, made))
    with pytest.raises(ImportRefusedError, match="workbook"):
        read(path)


def test_a_good_one_is_read(tmp_path: Path) -> None:
    assert read(book(tmp_path / "list.xlsx", lambda _, body: body)) == [["A-1", "Ana", "+525500000001"]]


def test_one_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "UNPACKED_MAX", 1 << 20)
    path = book(tmp_path / "list.xlsx", part("sharedStrings", lambda body: body + b" " * (1 << 21)))
    assert path.stat().st_size < 1 << 16
    with pytest.raises(ImportRefusedError, match="unpacked"):
        read(path)
