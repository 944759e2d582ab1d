"""The embedded outbox (being written)."""


class Lettermint:
    def __init__(self, **k: object) -> None: ...
