"""People: read from files as they are exported, stored without doubles, with what they agreed to."""
