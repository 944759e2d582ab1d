"""Which languages the pages behind a mail's links speak to its reader."""

from outreach.compose.variants import languages_of
from outreach.delivery.queries import spoken
from outreach.services import Services
from outreach.store import reading


def languages(services: Services, delivery_id: int) -> tuple[str, ...]:
    """Return the languages in which a mail speaks to its reader, the best first; none where there is no such mail.

    A mail in one language speaks that one. Of a mail in several, its reader's own comes first where it is known, also
    where the mail does not speak it; then those of the mail, the one on top first.
    """
    with reading(services.sessions) as session:
        found = spoken.spoken(session, delivery_id)
    if found is None:
        return ()
    variant, own = found
    written = languages_of(variant)
    return (own, *written) if own and len(written) > 1 else written
