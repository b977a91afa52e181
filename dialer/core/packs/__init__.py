"""Calling rules as dated data: what a rule may say, and the verdict of all that hold for a call. Reads no files."""
