"""One file per command, each loaded only when it is called. ``main.COMMANDS`` lists them."""
