"""Every error that the dialer raises on purpose. The docstring says what the catcher should do."""


class DialerError(Exception):
    """Base of all. Its text names the place and the mend, and is fit to be shown to a person."""


class ConfigError(DialerError):
    """A configuration cannot be used. Nothing was started; mend the file and start again."""


class SwitchUnavailableError(DialerError):
    """Asterisk cannot be reached or dropped the link: what was asked may or may not have happened. Reconcile."""


class ActionRefusedError(DialerError):
    """Asterisk answered an action with an error: it did not happen, and trying the same again will not help."""


class StoreError(DialerError):
    """The database refused. What was asked did not happen; the shell decides whether to try again."""


class ImportRefusedError(DialerError):
    """A list cannot be read at all. Nothing was written."""
