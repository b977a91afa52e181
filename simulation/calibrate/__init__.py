"""A scenario from what the dialer itself recorded: people, carrier, agents, and the wear of a list."""
