"""Which URL comes next, and when. Pure decisions: no network, no database."""
