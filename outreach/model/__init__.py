"""The types that travel between rooms, and the rules that need nothing but them."""
