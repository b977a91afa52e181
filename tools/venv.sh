#!/bin/sh
# Make the virtual environment $1 with pip in it, with whatever Python the machine has; PYTHON names another one.
# A Debian without the package python3-venv lacks pip's wheel: it is then fetched and unpacked into .lab, as the private
# Asterisk is, and nothing on the machine changes.
set -eu

venv=$1
python=${PYTHON:-python3}

if ! command -v "$python" >/dev/null; then
    echo "$python is missing: install Python 3.11, 3.12 or 3.13, or name one: make setup PYTHON=/path/to/python3" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; then
    echo "$python is $("$python" --version): Python 3.11, 3.12 or 3.13 is needed; name one: make setup PYTHON=..." >&2
    exit 1
fi
if [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi

"$python" -m venv --clear --without-pip "$venv"
if "$venv/bin/python" -m ensurepip --default-pip >/dev/null 2>&1; then
    exit 0
fi
echo "this Python comes without pip: fetching pip's wheel from Debian's packages into .lab/pip" >&2
wheel=$(PYTHONPATH=. "$python" - <<'END'
import sys
from pathlib import Path

from asterisk_config.debian import DebianError, install

try:
    tree = install(["python3-pip-whl"], suite="forky", home=Path(".lab/pip"), report=lambda step: print(step, file=sys.stderr))
except DebianError as error:
    sys.exit(f"no pip: {error}\nor install the package python3-venv yourself, and run this again")
print(*(tree.root / "usr/share/python-wheels").glob("pip-*.whl"))
END
)
PYTHONPATH="$wheel" "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index "$wheel"
