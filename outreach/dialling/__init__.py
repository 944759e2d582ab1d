"""How other people's addresses are dialled, by feeds and imports alike: public ones only, bounded in time and size."""
