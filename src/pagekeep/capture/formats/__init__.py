"""File formats that outputs write."""
