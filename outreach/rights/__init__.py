"""People's rights: everything about a person given out or forgotten, and nothing kept longer than it is needed."""
