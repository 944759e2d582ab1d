"""Asking an API what became of a call that gave no usable answer. It only reads: nothing is sent, so nothing doubles.

What is found was taken. What is not found says little: an API may learn of its own mails late, or keep them not long.
"""

import time
from collections.abc import Callable, Iterable

from outreach.model.mail import Receipt
from outreach.providers.port import Found, Sought

LONGEST = 120.0
"""Seconds that are spent on one call's mails; the rest is asked about another time."""

MOST_PAGES = 100

Page = tuple[Iterable[Receipt], str]
"""What a page tells, and what leads to the next; empty on the last."""


def one_by_one(sought: Sought, ask: Callable[[str], Receipt | None]) -> Found:
    """Ask for each mail by itself."""
    until = time.monotonic() + LONGEST
    found: list[Receipt] = []
    for rid in sought.mails:
        if time.monotonic() > until:
            return Found(tuple(found), whole=False)
        receipt = ask(rid)
        if receipt:
            found.append(receipt)
    return Found(tuple(found))


def by_pages(sought: Sought, ask: Callable[[str], Page]) -> Found:
    """Read on from page to page until every mail is found or no page is left; the first has no mark."""
    until = time.monotonic() + LONGEST
    found: dict[str, Receipt] = {}
    mark = ""
    for _ in range(MOST_PAGES):
        receipts, mark = ask(mark)
        found |= {receipt.rid: receipt for receipt in receipts if receipt.rid in sought.mails}
        if not mark or len(found) == len(sought.mails):
            return Found(tuple(found.values()))
        if time.monotonic() > until:
            break
    return Found(tuple(found.values()), whole=False)
