"""What can go wrong, as one tree.

    OutreachError
    ├── DefinitionError        a person wrote something that cannot work: campaign, segment, form, setting
    │   ├── UnknownPredicate
    │   ├── NotFound           a name or id that does not exist
    │   └── SettingMissing
    ├── ImportRefused          a whole file of contacts that cannot be read
    ├── FeedError              one source; the others go on
    │   ├── FeedUnreachable    may work later
    │   │   └── FeedBusy       the server names a moment to come back
    │   ├── FeedBroken         what came is not a feed
    │   ├── FeedGone           410: the source is stopped
    │   └── AddressRefused     private or odd addresses are not dialled
    ├── ProviderError
    │   ├── NotTaken           nothing was taken; the same call may be repeated
    │   │   └── ProviderBusy   429, with the seconds to wait
    │   ├── ProviderRefused    the answer would be the same again
    │   │   ├── AccessRefused  the token or account is not accepted; no mail was looked at
    │   │   └── ContentRefused something in the call; one mail of many may be to blame
    │   └── OutcomeUnknown     the mail may or may not have been taken; never repeated by itself
    ├── StateError             a step that the wave's state does not allow
    │   └── ApprovalVoid       something changed after the approval
    ├── TokenRefused           a link that is forged, of another purpose, or too old
    └── NotInspected           a look at a mail that this machine cannot take

Messages name the file, line or field, what was found and what would work.
"""

from collections.abc import Iterable


class OutreachError(Exception):
    """Every error of ours; its text is fit to be shown to comms staff."""


class DefinitionError(OutreachError):
    """A person wrote something that cannot work; trying again gives the same."""


class UnknownPredicate(DefinitionError):
    """A segment names a predicate that does not exist."""

    def __init__(self, segment: str, predicate: str, known: Iterable[str]) -> None:
        self.segment = segment
        self.predicate = predicate
        super().__init__(f"{segment}: unknown predicate {predicate!r}; known: {', '.join(sorted(known))}")


class NotFound(DefinitionError):
    """Something named does not exist; *known* lists what does."""

    def __init__(self, what: str, name: object, known: Iterable[str] = ()) -> None:
        self.what = what
        self.name = name
        listed = ", ".join(sorted(known))
        super().__init__(f"no {what} {name!r}" + (f"; there is: {listed}" if listed else ""))


class SettingMissing(DefinitionError):
    """A setting that real use needs is empty."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        super().__init__(f"setting {name} is missing: {why}")


class ImportRefused(OutreachError):
    """A file of contacts that cannot be read as a whole."""


class FeedError(OutreachError):
    """One source failed; *url* names it."""

    def __init__(self, url: str, why: str) -> None:
        self.url = url
        self.why = why
        super().__init__(f"{url}: {why}")


class FeedUnreachable(FeedError):
    """No answer, or not a usable one; a later try may work."""


class FeedBusy(FeedUnreachable):
    """The server asked to come back in *seconds*."""

    def __init__(self, url: str, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(url, f"answered 429: asked again in {seconds} s")


class FeedBroken(FeedError):
    """An answer came, but it is not a feed that can be read."""


class FeedGone(FeedError):
    """The server says the feed will never be back (410)."""


class AddressRefused(FeedError):
    """The address is private, local or not http(s); it is not dialled."""


class ProviderError(OutreachError):
    """An email API did not take a call as asked."""


class NotTaken(ProviderError):
    """Nothing was taken, for certain: the same call may be repeated."""


class ProviderBusy(NotTaken):
    """The API asked to slow down; *seconds* is its wish or our guess."""

    def __init__(self, message: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(message)


class ProviderRefused(ProviderError):
    """The API refused the call; the same call would be refused again."""


class AccessRefused(ProviderRefused):
    """The API does not accept our token or account; nothing was taken, and nothing will be until a person acts."""


class ContentRefused(ProviderRefused):
    """The API refused what is in the call; without the mail that is to blame, the others may go out."""


class OutcomeUnknown(ProviderError):
    """The call may have been taken; only the provider or a person can tell."""


class StateError(OutreachError):
    """The step does not fit the state."""


class ApprovalVoid(StateError):
    """What was approved is not what would be sent now."""


class TokenRefused(OutreachError):
    """A token that is forged, made for another purpose, or too old."""


class NotInspected(OutreachError):
    """A look at a mail could not be taken: its *program* is missing, switched off or failed. The others are."""

    def __init__(self, program: str, why: str) -> None:
        self.program = program
        super().__init__(f"not checked by {program}: {why}")
