"""Packs as files: what ships is whole and sourced, and what is wrong in a file is told with its line."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dialer.core.packs.schema import Kind, Purpose, Unit
from dialer.errors import ConfigError
from dialer.rules.files import read_pack
from dialer.rules.packs import BUILT_IN, files_of, rulebook

NOW = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
COUNTRIES = {"US", "GB", "FR", "ES", "DE", "CA", "AU", "MX", "CL", "CO", "PE", "BR", "AR", "EC", "*"}
GOOD = """\
country = "CO"

[[rule]]
id = "house.evenings"
version = "1"
purposes = ["collections"]
status = "house"
source = "our own"
confidence = "A"

[[rule.hours]]
days = "mon-fri"
opens = "09:00"
closes = "18:00"

[[rule.cap]]
name = "week"
count = 2
window = "week_iso"
unit = "any_contact"
scope = ["person", "client"]
"""


def write(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_country_ships_with_sourced_rules() -> None:
    book = rulebook(built_in=True, folder=None, now=NOW)
    assert {rule.country for rule in book.rules} == COUNTRIES
    assert all(rule.source and rule.version for rule in book.rules)
    assert all(rule.verify for rule in book.rules if rule.confidence == "C")
    assert len({rule.name for rule in book.rules}) == len(book.rules)


def test_holidays_that_move_are_known() -> None:
    places = {one.place: set(one.days) for one in rulebook(built_in=True, folder=None, now=NOW).holidays}
    known = [
        ("CO", date(2026, 11, 16)),  # the Independence of Cartagena, kept on the Monday after
        ("CL", date(2026, 9, 18)),
        ("PE", date(2026, 7, 28)),
        ("BR-SP", date(2026, 7, 9)),  # of the state alone
        ("FR", date(2026, 5, 14)),  # Ascension
    ]
    assert all(day.toordinal() in places[place] for place, day in known)
    assert date(2026, 7, 9).toordinal() not in places["BR"]


def test_a_folder_adds_to_what_ships(tmp_path: Path) -> None:
    write(tmp_path, GOOD + '\n[[holiday]]\nplace = "CO"\ndates = ["2026-05-31"]\n')
    book = rulebook(built_in=True, folder=tmp_path, now=NOW)
    [own] = [rule for rule in book.rules if rule.id == "house.evenings"]
    assert own.purposes == (Purpose.COLLECTIONS,)
    assert (own.hours[0].days, own.hours[0].opens_min, own.hours[0].closes_min) == ((0, 1, 2, 3, 4), 540, 1080)
    assert (own.caps[0].span.kind, own.caps[0].unit) == (Kind.WEEK_ISO, Unit.ANY_CONTACT)
    [days] = [one.days for one in book.holidays if one.place == "CO"]
    assert date(2026, 5, 31).toordinal() in days
    assert rulebook(built_in=False, folder=tmp_path, now=NOW).rules == (own,)
    assert rulebook(built_in=False, folder=None, now=NOW).rules == ()


def test_one_version_stands_in_one_file(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "again.toml")
    with pytest.raises(ConfigError, match=r"house\.evenings@1"):
        rulebook(built_in=False, folder=tmp_path, now=NOW)
    with pytest.raises(ConfigError, match="rules_dir"):
        files_of(built_in=False, folder=tmp_path / "none")


ABANDONED = 'abandonment = {cap = 3.0, window_days = 0.0, within_s = 2.0, clock = "answer"}'


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('country = "CO"', 'country = "Colombia"', "1: country: must be two capitals"),
        ('closes = "18:00"', 'closes = "08:00"', "14: rule[1].hours[1].closes: must be after opens"),
        ('closes = "18:00"', 'closes = "24:30"', "14: rule[1].hours[1].closes: must be a time"),
        ('days = "mon-fri"', 'days = "fri-mon"', "12: rule[1].hours[1].days: must be days"),
        ('["collections"]', '["dunning"]', "6: rule[1].purposes: must be some of"),
        ('status = "house"', 'status = "custom"', "7: rule[1].status: is none of"),
        ("count = 2", "count = 0", "18: rule[1].cap[1].count: must be 1 or more"),
        ('window = "week_iso"', 'window = "rolling"', "rule[1].cap[1].days: must be above 0"),
        ('window = "week_iso"', 'window = "rolling"\ndays = 63.0', "20: rule[1].cap[1].days: must be above 0 and at"),
        ('window = "week_iso"', 'window = "calendar"\ndays = 1.5', "20: rule[1].cap[1].days: must be whole"),
        ('version = "1"', 'version = "1"\nregion = "CO-DC"', "6: rule[1].region"),
        ('version = "1"', 'version = "1"\nsince = "2026-13-01"', "6: rule[1].since: must be a date"),
        ('version = "1"', 'version = "1"\nsince = "2026-02-01"\nuntil = "2026-01-01"', "7: rule[1].until: is before"),
        ('version = "1"', 'version = "1"\nwindows = 3', "6: rule[1].windows: is not a setting"),
        ('source = "our own"\n', "", "rule[1].source: is required"),
        ('country = "CO"', 'country = "XQ"', "1: country: 'XQ' is no country"),
        ('version = "1"', 'version = "1"\nring_min_s = -1', "6: rule[1].ring_min_s: must be 0 to 120"),
        ('version = "1"', 'version = "1"\nretain_days = -1', "6: rule[1].retain_days: must be 0"),
        ('version = "1"', f'version = "1"\n{ABANDONED}', "6: rule[1].abandonment.cap: must be a share"),
        ('version = "1"', f'version = "1"\n{ABANDONED}', "6: rule[1].abandonment.window_days: must be above 0"),
        ('version = "1"', 'version = "1"\ncaller_id = {prefixes = [""]}', "6: rule[1].caller_id.prefixes: every"),
        ("[[rule]]", '[[region]]\ncode = "MX-X"\nprefixes = ["+57"]\n[[rule]]', "region[1].code: must begin with the"),
        ("[[rule]]", '[[region]]\ncode = "CO-X"\nprefixes = ["57"]\n[[rule]]', "region[1].prefixes: must be the"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    assert was in GOOD
    path = write(tmp_path, GOOD.replace(was, becomes))
    with pytest.raises(ConfigError) as caught:
        read_pack(path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_closed_holidays_without_hours_would_close_nothing(tmp_path: Path) -> None:
    head, _, rest = GOOD.partition("[[rule.hours]]")
    path = write(tmp_path, head.rstrip() + '\nholidays = "closed"\n' + rest[rest.index("[[rule.cap]]") :])
    with pytest.raises(ConfigError, match="holidays"):
        read_pack(path)


def test_the_files_that_ship_are_packaged() -> None:
    assert {path.suffix for path in BUILT_IN.iterdir() if path.is_file()} == {".py", ".toml"}
