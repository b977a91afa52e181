"""Speed, as ratios within one run. `python -m benchmarks --help` tells more."""

from importlib.util import find_spec

MISSING = [one for one in ("pytest", "playwright") if find_spec(one) is None]
if MISSING:  # most play on the tests' own stages
    raise SystemExit(f"benchmarks need {' and '.join(MISSING)}: run them in a tree that `make setup` has set up")
