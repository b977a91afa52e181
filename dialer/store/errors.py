"""The store's own kinds of StoreError."""

from dialer.errors import StoreError


class ConflictError(StoreError):
    """A name, login or code is taken already. Nothing was written; choose another."""


class TakenError(StoreError):
    """Somebody else is doing that very thing. Nothing was done; wait until they have ended."""


class NotFoundError(StoreError):
    """Nothing has that id or name. The text says which there are."""
