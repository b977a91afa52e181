"""The pure core: facts in, wishes out. Nothing here reads a clock, draws a chance, does I/O or logs."""
