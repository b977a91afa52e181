"""Asterisk for the dialer: its configuration rendered, an existing one checked, a private one run. Stands alone."""
