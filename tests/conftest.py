"""Fixtures for all tests."""

import os

import pytest
from hypothesis import settings

pytest_plugins = ["tests.lab_fixtures"]

# No test fails for being slow: the machine has other work. Speed is for benchmarks.
settings.register_profile("ours", settings.default, deadline=None)  # whatever else holds, as on a CI machine
settings.load_profile("ours")


@pytest.fixture(autouse=True)
def as_nice_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that gives way to a running engine does so for good. Run within the tests, it would slow down all that
    come after it, and every server that they start: none can be made quicker again."""
    monkeypatch.setattr(os, "nice", lambda _: os.getpriority(os.PRIO_PROCESS, 0))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests are given the longest time go first: where files run side by side, none is left for the end."""
    longest: dict[object, float] = {}
    for item in items:
        given = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0.0), given.args[0] if given is not None else 0.0)
    items.sort(key=lambda item: -longest[item.path])
