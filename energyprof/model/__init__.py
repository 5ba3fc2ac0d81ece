"""Values: what the other layers pass to each other. No clock, no file, no thread."""
