"""What the browser and the servers say to each other in one visit."""
