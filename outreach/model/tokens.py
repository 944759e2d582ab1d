"""Signed tokens, each bound to one purpose.

What identifies a delivery in links (`rid`) and what unsubscribes are two purposes: neither opens the other's door.
Both live as long as the mail they stand in; a form's token carries its time and ages.
"""

from datetime import UTC, datetime

from itsdangerous import BadSignature, Signer, TimestampSigner

from outreach.errors import TokenRefused


class Tokens:
    """Makes and reads tokens with one secret key; reading compares in constant time."""

    def __init__(self, key: str) -> None:
        self._track = Signer(key, salt="outreach.track")
        self._unsubscribe = Signer(key, salt="outreach.unsubscribe")
        self._form = TimestampSigner(key, salt="outreach.form")

    def rid(self, delivery: int) -> str:
        """Return a delivery's public id: opaque, ASCII, `[A-Za-z0-9_-]`, at most 64 characters."""
        return _packed(self._track, delivery)

    def delivery_of(self, rid: str) -> int:
        """Return the delivery that *rid* names; `TokenRefused` where it was not made by us."""
        return _unpacked(self._track, rid)

    def unsubscribe(self, delivery: int) -> str:
        """Return the token that lets the recipient of *delivery*, and nobody else, unsubscribe."""
        return _packed(self._unsubscribe, delivery)

    def delivery_to_unsubscribe(self, token: str) -> int:
        """Return the delivery whose recipient may unsubscribe with *token*."""
        return _unpacked(self._unsubscribe, token)

    def form(self, call: str) -> str:
        """Return a token that says when the form of *call* was shown."""
        return self._form.sign(call).decode()

    def form_shown_at(self, call: str, token: str) -> datetime:
        """Return when the form of *call* that carries *token* was shown, aware in UTC."""
        try:
            signed, shown = self._form.unsign(token, return_timestamp=True)
        except BadSignature as error:
            raise TokenRefused("this form was not made here; load the page again") from error
        if signed.decode() != call:
            raise TokenRefused("this form belongs to another call; load the page again")
        return shown.astimezone(UTC)


def _packed(signer: Signer, number: int) -> str:
    return signer.sign(str(number)).decode().replace(".", "_", 1)


def _unpacked(signer: Signer, token: str) -> int:
    try:
        return int(signer.unsign(token.replace("_", ".", 1)))
    except (BadSignature, ValueError) as error:
        raise TokenRefused("this link is damaged or was not made here") from error
