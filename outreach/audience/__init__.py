"""Who gets a mail: segments as data, compiled to one statement each."""
