"""Which media a page has, and which of them the recording holds."""
