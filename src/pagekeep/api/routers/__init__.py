"""The operations, one file per category. Each parses, calls a query or service, and formats."""
