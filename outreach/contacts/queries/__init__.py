"""What the room of contacts asks of the database, by what it is about."""
