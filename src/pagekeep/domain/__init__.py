"""The archive's words and values. Standard library only."""
