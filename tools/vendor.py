"""Build what the console's pages take from npm into `dialer/web/static/vendor`, from exact pins with their digests.

Run by the package's build (`hatch_build.py`), so that `make setup` and a wheel have it; nothing of it is committed.
Only the standard library: it runs where the project's packages are not installed yet.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
NPM = ROOT / "tools" / "npm"
VENDOR = ROOT / "dialer" / "web" / "static" / "vendor"

# File in static/vendor -> the module it is bundled from. What a page does not use is left out by the bundler.
BUNDLES = {
    "uplot.js": 'import "uplot/dist/uPlot.min.css"; export { default } from "uplot";',
    "jssip.js": 'export { UA, WebSocketInterface } from "jssip";',
}


def has_node() -> bool:
    """Whether this machine brings node and npm."""
    return shutil.which("node") is not None and shutil.which("npm") is not None


def build() -> None:
    """Fetch and bundle, unless what is there was built from the same pins. Raises SystemExit with the mend."""
    wanted = _digest()
    stamp = VENDOR / ".built"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    print("fetching the pages' libraries from npm", file=sys.stderr)  # noqa: T201
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in BUNDLES.items():
        _bundle(name, source)
    _licences()
    stamp.write_text(wanted, encoding="ascii")


def _digest() -> str:
    files = (NPM / "package-lock.json", Path(__file__))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _bundle(name: str, source: str) -> None:
    esbuild = str(NPM / "node_modules" / ".bin" / "esbuild")
    options = [
        "--bundle",
        "--format=esm",
        "--minify",
        "--target=es2022",
        "--legal-comments=none",
        "--log-level=warning",
    ]
    _run([esbuild, *options, f"--outfile={VENDOR / name}"], given=source)


def _licences() -> None:
    """The licences of all that is bundled, beside it."""
    packages = json.loads((NPM / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    texts = []
    for place, package in sorted(packages.items()):
        if place and not package.get("dev"):
            folder = NPM / place
            found = [
                file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()) if "licen" in file.name.lower()
            ]
            texts.append(f"{folder.name} {package['version']} ({package.get('license', '')})\n\n{''.join(found)}")
    (VENDOR / "LICENSES.txt").write_text("\n\n".join(texts), encoding="utf-8")


def _run(command: list[str], given: str = "") -> None:
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            command, cwd=NPM, input=given, capture_output=True, text=True, check=False, env=environment
        )
    except OSError as error:
        raise SystemExit(
            f"{command[0]} cannot be run ({error}): install Node 20 or newer, then run this again"
        ) from error
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed; is the npm registry reachable?\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    build()
