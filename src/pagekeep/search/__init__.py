"""Search: what can be asked of the archive's words, and the index that answers."""
