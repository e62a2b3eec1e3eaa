"""What people can do with the archive: one verb per file. The only writers of records, leases excepted."""
