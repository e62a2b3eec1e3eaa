"""The process that captures pages."""
