"""Cadencia's dialer: the pure core under `core`, and the live shell around it."""

from importlib.metadata import version

__version__ = version("cadencia")
