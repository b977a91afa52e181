"""Asterisk: the AMI side of the switch, and FastAGI.

Everything that knows Asterisk's words stays in this package; what leaves it are the core's events, what enters it are
the core's commands. It decides nothing: who is called, connected or hung up is the engine's business.
"""
