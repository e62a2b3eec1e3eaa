"""Django's own files, made from the settings."""
