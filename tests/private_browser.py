"""A browser for tests: the host's Chromium where there is one, else Debian's, fetched into the lab.

playwright.chromium.launch(executable_path=str(chromium()), args=ARGUMENTS)
"""

import shutil
from pathlib import Path

from asterisk_config.debian import install
from asterisk_config.lab import default_home

NAMES = ("chromium", "chromium-browser", "google-chrome")
SUITE, PACKAGES, FOLDER = "bookworm", ("chromium", "patchelf"), "usr/lib/chromium"

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    # A phone in the browser, without microphone, reaching an Asterisk on loopback.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)


def chromium() -> Path:
    """The executable."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    return private_chromium()


def private_chromium() -> Path:
    """Debian's Chromium (some 820 MB unpacked), fetched once."""
    tree = install(PACKAGES, suite=SUITE, home=default_home() / f"chromium-{SUITE}")
    libraries = (FOLDER, f"usr/lib/{tree.machine.triplet}/pulseaudio")
    # A machine without fonts would show no text: the tree brings its own.
    fonts = tree.root.parent / "fonts.conf"
    folders = f"<dir>{tree.root}/usr/share/fonts</dir><cachedir>{tree.root.parent}/fonts-cache</cachedir>"
    text = f'<?xml version="1.0"?>\n<fontconfig>{folders}</fontconfig>\n'
    if not fonts.is_file() or fonts.read_text(encoding="utf-8") != text:  # another process's browser may be reading it
        fonts.write_text(text, encoding="utf-8")
    tree.adopt(f"{FOLDER}/chrome_crashpad_handler", subfolders=libraries)
    environment = {"FONTCONFIG_FILE": str(fonts)}
    return tree.adopt(f"{FOLDER}/chromium", subfolders=libraries, environment=environment)
