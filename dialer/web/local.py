"""Reaches the server that runs on this machine, signed with the token that it left for its own user."""

from dialer.config import Config
from dialer.web.client import Client


def local_client(config: Config) -> Client:
    """A client of the configured server, as its local administrator where the token can be read."""
    try:
        token = config.token_file.read_text().strip()
    except OSError:  # no server runs, or it is another user's: the server will say so
        token = ""
    return Client(config.web.url, token or None)
