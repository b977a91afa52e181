"""Tells other systems what happens: the journal in their words, and webhooks that lose nothing."""
