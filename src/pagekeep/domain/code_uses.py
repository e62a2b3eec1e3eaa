"""What a browser wants a file for, where an archived file would become code of the archive's own pages."""

CODE_USES = frozenset(
    ("script", "style", "worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet", "manifest", "xslt")
)
"""Values of ``Sec-Fetch-Dest`` (Fetch Metadata) that no archived file is sent for."""
