"""The records: what the database knows of crawls, snapshots and their outputs."""
