"""What a change would bring, from the present floor on: many short simulated futures, with it and without."""
