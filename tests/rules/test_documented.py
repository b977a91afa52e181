"""What docs/rules.md shows can be written as it stands there."""

import re
from pathlib import Path

from dialer.config import load
from dialer.core.packs.lawbook import Lawbook
from dialer.rules.examples import failed
from dialer.rules.files import read_pack
from dialer.rules.packs import book_of
from tests.cli.test_rules_command import CONFIG

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
PACK, SCRUB, FEEDS = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_pack_is_one(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text(PACK)
    pack = read_pack(tmp_path / "pack.toml")
    [rule] = pack.rules
    assert rule.name == "house.evenings@2026-03"
    law = Lawbook(book_of([pack], (2025, 2026)))
    assert len(pack.examples) == 1
    assert list(failed(tmp_path / "pack.toml", pack.examples, "CO", law)) == []


def test_the_configuration_is_one(tmp_path: Path) -> None:
    (tmp_path / "cadencia.toml").write_text(CONFIG + SCRUB + FEEDS)
    config = load(tmp_path / "cadencia.toml")
    assert config.scrub.url
    assert [feed.name for feed in config.feeds] == ["bank-news", "bank-lists", "bank-calls"]
    assert config.feeds[0].known_hosts == str(tmp_path / "bank_hosts")
    assert config.feeds[0].layout.columns[0].means == "account"
