"""The command line: one file per command. Commands read arguments, call a service and print what came of it."""
