"""A whole campaign on one machine, as a user would run it: `dialer demo`.

It may use what any user has: a configuration file, the command line, the HTTP API, SIP. Nothing in `dialer` knows of
it.
"""
