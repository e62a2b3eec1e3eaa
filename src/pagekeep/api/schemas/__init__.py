"""The objects of the wire: their fields as the OpenAPI page shows them, and functions that make them from records."""
