"""SQLite as Pagekeep uses it. See ``base``."""
