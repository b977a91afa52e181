"""The world around the engine: people, carriers and agents, simulated or played by a second Asterisk."""
