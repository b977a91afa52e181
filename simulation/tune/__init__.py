"""The search for a better strategy: many simulated days, the best of them proved on days that the search never saw."""
