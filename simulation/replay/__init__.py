"""A recorded day run through the engine again: does it decide the same, and where would another policy differ?"""
