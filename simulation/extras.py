"""Packages that only tuning and plots need: asked for before they are imported, so that their lack is said plainly."""

from importlib.util import find_spec

from dialer.errors import ConfigError


def require(extra: str, *packages: str) -> None:
    """Raise ConfigError, which names the mend, where one of the packages is not installed."""
    missing = [one for one in packages if find_spec(one) is None]
    if missing:
        raise ConfigError(f"this needs {', '.join(missing)}: pip install 'cadencia[{extra}]'")
