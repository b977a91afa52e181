"""Recordings for quality assurance."""
