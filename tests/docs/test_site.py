"""The documentation as a site: every page is in it, and no link leads nowhere."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_it_builds_strictly_and_holds_every_page(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path), "-q"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} >= pages - {"index"}
    listed = (ROOT / "mkdocs.yml").read_text()
    assert [page for page in sorted(pages) if f" {page}.md" not in listed] == []
