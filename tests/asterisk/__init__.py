"""Tests of the dialer's side of Asterisk."""
