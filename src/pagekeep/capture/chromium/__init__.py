"""The real browser: how it is found, started, spoken to and ended."""
