"""Pagekeep: a self-hosted web archive."""

__version__ = "0.1.0"
