"""Factor tables, each row with its source, year and licence."""
