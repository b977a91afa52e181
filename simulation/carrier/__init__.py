"""A second Asterisk that plays the carrier, the people called and the agents' phones, with real audio."""
