"""The embedded outbox (being written)."""


class Outbox:
    def __init__(self, **k: object) -> None: ...
