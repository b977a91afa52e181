"""Fixtures for all tests."""

import pytest
from hypothesis import settings

pytest_plugins = ["tests.lab_fixtures"]

# No test fails for being slow: the machine has other work. Speed is for benchmarks.
settings.register_profile("ours", settings.default, deadline=None)  # whatever else holds, as on a CI machine
settings.load_profile("ours")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests are given the longest time go first: where files run side by side, none is left for the end."""
    longest: dict[object, float] = {}
    for item in items:
        given = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0.0), given.args[0] if given is not None else 0.0)
    items.sort(key=lambda item: -longest[item.path])
