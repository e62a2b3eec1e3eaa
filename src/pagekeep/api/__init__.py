"""The REST API under ``/api/v1/``: parses, calls a query or service, formats the answer."""
