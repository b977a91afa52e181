"""Asterisk's files are read as Asterisk reads them, each setting with its file and line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asterisk_config.dialplan import applications, contexts, reachable
from asterisk_config.parse import ParseError, load, loads


def entries(text: str) -> list[tuple[str, str, str, int]]:
    return [
        (section.name, entry.key, entry.value, entry.place.line)
        for section in loads(text).sections
        if not section.is_template
        for entry in section.entries
    ]


TAKEN = {
    "plain": ("[a]\nb = c\n", [("a", "b", "c", 2)]),
    "arrow": ("[a]\nb=>c\nd => e = f\n", [("a", "b", "c", 2), ("a", "d", "e = f", 3)]),
    "comment": ("; x\n[a] ; y\nb = c ; z\n;[d]\n", [("a", "b", "c", 3)]),
    "escaped semicolon": ("[a]\nb = c\\;d ; e\n", [("a", "b", "c;d", 2)]),
    "block comment": ("[a]\nb = 1 ;-- x\nc = 2\n--; d = 3\n", [("a", "b", "1", 2), ("a", "d", "3", 4)]),
    "dashes are no block": ("[a]\n;--- x\nb = 1\n", [("a", "b", "1", 3)]),
    "empty value": ("[a]\nb =\n", [("a", "b", "", 2)]),
    "template": ("[t](!)\nx = 1\n[a](t)\ny = 2\n", [("a", "x", "1", 2), ("a", "y", "2", 4)]),
    "two templates": ("[t](!)\nx = 1\n[u](!)\nx = 2\n[a](t,u)\n", [("a", "x", "1", 2), ("a", "x", "2", 4)]),
    "template of a template": ("[t](!)\nx = 1\n[u](!,t)\ny = 2\n[a](u)\n", [("a", "x", "1", 2), ("a", "y", "2", 4)]),
    "a section as template": ("[t]\nx = 1\n[a](t)\n", [("t", "x", "1", 2), ("a", "x", "1", 2)]),
    "added to": ("[a]\nx = 1\n[b]\n[a](+)\ny = 2\n", [("a", "x", "1", 2), ("a", "y", "2", 5)]),
    "one name twice": ("[a]\nx = 1\n[a]\nx = 2\n", [("a", "x", "1", 2), ("a", "x", "2", 4)]),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_asterisk_takes_is_taken(name: str) -> None:
    text, expected = TAKEN[name]
    assert entries(text) == expected


REFUSED = {
    "exec": ("[a]\n#exec /bin/true\n", "x.conf:2: #exec is refused"),
    "unknown directive": ("#frob x\n", "x.conf:1: #frob is not a directive"),
    "missing include": ("\n#include nothing.conf\n", "x.conf:2: nothing.conf is included but is not there"),
    "no value": ("[a]\nb\n", "x.conf:2: expected key = value, found 'b'"),
    "before any section": ("a = b\n", "x.conf:1: a setting before the first"),
    "broken section": ("[a\n", "x.conf:1: a section must look like"),
    "unknown template": ("[a](t)\n", "x.conf:1: template t is not defined above"),
    "nothing to add to": ("[a](+)\n", "x.conf:1: [a](+) adds to a section that is not there"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_asterisk_would_not_take_is_refused_at_its_line(name: str, tmp_path: Path) -> None:
    text, reason = REFUSED[name]
    (tmp_path / "x.conf").write_text(text)
    with pytest.raises(ParseError) as caught:
        load(tmp_path / "x.conf")
    assert reason in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path))


def test_included_files_stand_where_they_are_included_with_lines_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "2.conf").write_text("\ny = 2\n")
    (tmp_path / "d" / "1.conf").write_text("x = 1\n")
    (tmp_path / "a.conf").write_text('[a]\n#include "d/*.conf"\n#tryinclude none.conf\nz = 3\n')
    places = [
        (entry.key, entry.place.path.name, entry.place.line) for entry in load(tmp_path / "a.conf").sections[0].entries
    ]
    assert places == [("x", "1.conf", 1), ("y", "2.conf", 2), ("z", "a.conf", 4)]


def test_files_that_include_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("#include b.conf\n")
    (tmp_path / "b.conf").write_text("#include a.conf\n")
    with pytest.raises(ParseError, match="deep"):
        load(tmp_path / "a.conf")


def test_yes_has_asterisks_many_spellings() -> None:
    section = loads("[a]\nb = Yes\nc = 0\n").sections[0]
    assert section.is_on("B")
    assert not section.is_on("c", default=True)
    assert section.is_on("d", default=True)


names = st.text(st.sampled_from("abcdefgh-_0123"), min_size=1, max_size=8)
values = st.text(
    st.characters(exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", codec="utf-8"), max_size=20
)
files = st.lists(st.tuples(names, st.lists(st.tuples(names, values), max_size=4)), max_size=4)


@given(files)
def test_what_was_written_is_read(sections: list[tuple[str, list[tuple[str, str]]]]) -> None:
    text = "".join(
        f"[{name}]\n" + "".join(f"{key} = {value.replace(';', chr(92) + ';')}\n" for key, value in pairs)
        for name, pairs in sections
    )
    read = [(section.name, [(one.key, one.value) for one in section.entries]) for section in loads(text).sections]
    assert read == [(name, [(key, value.strip()) for key, value in pairs]) for name, pairs in sections]


@given(st.text(max_size=200))
def test_any_text_is_taken_or_refused_and_never_anything_else(text: str) -> None:
    try:
        contexts(loads(text, Path("/nowhere/x.conf")))
    except ParseError as error:
        refusal = str(error)
        assert refusal.startswith("/nowhere/x.conf:"), refusal


DIALPLAN = """
[general]
static = yes
[one]
exten => s,1,Answer()
 same => n(label),Playback(a,b)
exten => _X.,1,GotoIf($["${A}" = "(b)"]?c:d)
exten => s,n,Hangup
include => two
[two]
include => one
exten => t,1,NoOp()
[one](+)
exten => u,1,NoOp()
"""


def test_a_dialplan_is_contexts_of_extensions_of_applications() -> None:
    found = contexts(loads(DIALPLAN))
    assert list(found) == ["two", "one"]
    assert applications(found["one"].extensions["s"]) == ["answer", "playback", "hangup"]
    assert found["one"].extensions["s"][1].arguments == "a,b"
    assert found["one"].extensions["_X."][0].arguments == '$["${A}" = "(b)"]?c:d'
    assert found["one"].extensions["u"][0].place.line == 14


def test_included_contexts_are_reachable_once_though_they_include_each_other() -> None:
    assert [one.name for one in reachable("one", contexts(loads(DIALPLAN)))] == ["one", "two"]
