"""Programs of other projects that make an output."""
