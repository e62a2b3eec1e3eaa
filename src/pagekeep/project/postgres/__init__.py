"""PostgreSQL as Pagekeep uses it. See ``base``."""
