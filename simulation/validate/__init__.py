"""Forecast against fact: a past day, and the same scenario on a real Asterisk and in simulation."""
