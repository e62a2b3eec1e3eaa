"""The way out: which addresses are reached, and how."""
