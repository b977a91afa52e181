"""Tests of the stand-in switch."""
