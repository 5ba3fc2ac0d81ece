"""Command line: arguments, exit codes, and the one place where errors become sentences."""
