"""What a call that was answered came to: one receipt for every mail, whatever the API's way of saying it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from outreach.errors import OutcomeUnknown, ProviderBusy, ProviderError
from outreach.model.mail import Receipt
from outreach.providers.http import GUESSED_WAIT


@contextmanager
def fitting(api: str) -> Iterator[None]:
    """Read an answer; one that is not of the form the API documents leaves the outcome unknown."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise OutcomeUnknown(f"{api} took the call, but its answer does not fit it: {error}") from error


def turned_away(kind: type[ProviderError], why: str, wait: float = GUESSED_WAIT) -> ProviderError:
    """Return the error of a mail or a call that met something which is not about the mail."""
    return ProviderBusy(why, wait) if kind is ProviderBusy else kind(why)


def settled(rids: Sequence[str], results: Iterable[Receipt | ProviderError]) -> list[Receipt]:
    """Return the receipts of mails that were answered one by one, in order.

    An error stands for a mail that the API turned away for a reason that is not in the mail, so it may be tried again;
    where all were turned away the whole call was, and the first error is raised.
    """
    told = list(zip(rids, results, strict=True))
    errors = [result for _, result in told if isinstance(result, ProviderError)]
    if errors and len(errors) == len(told):
        raise errors[0]
    return [Receipt(rid, untried=True) if isinstance(result, ProviderError) else result for rid, result in told]


def with_left_out(rids: Sequence[str], receipts: Iterable[Receipt]) -> list[Receipt]:
    """Return receipts for all *rids*: who was left out of the call was not tried."""
    told = {receipt.rid: receipt for receipt in receipts}
    return [told.get(rid) or Receipt(rid, untried=True) for rid in rids]


def nobody_called(rids: Sequence[str], why: str) -> list[Receipt]:
    """Return the receipts of mails that stand alone and cannot be carried: no call was made."""
    return [Receipt(rid, refused=why) for rid in rids]
