"""Looks at everything that a dialer needs, and says how to mend what is not right: for the command and the page."""
