"""The terminal door: a command parses, calls one step, prints."""
