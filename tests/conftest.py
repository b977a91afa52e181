"""Fixtures for all tests."""

pytest_plugins = ["tests.lab_fixtures"]
