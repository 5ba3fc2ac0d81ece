"""Carbon intensity of the grid right now, over HTTP; off unless it is asked for by name."""
