"""What is done to a page before it is looked at: each behaviour a file that tells where it applies and what it does."""
