"""One URL, one visit, many outputs. Knows no Django and no database: a plain script can use it."""
