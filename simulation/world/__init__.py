"""The world around the engine, on SimPy: people, carriers, agents, the switch, the store, and what goes wrong.

The world decides nothing that a dialer decides: every call, bridging and pause is the engine's own.
"""
