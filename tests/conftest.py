"""Fixtures for all tests."""

from hypothesis import settings

pytest_plugins = ["tests.lab_fixtures"]

# No test fails for being slow: the machine has other work. Speed is for benchmarks.
settings.register_profile("ours", settings.default, deadline=None)  # whatever else holds, as on a CI machine
settings.load_profile("ours")
