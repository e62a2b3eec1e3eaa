"""Bytes on disk: kept once, written atomically, readable without the database."""
