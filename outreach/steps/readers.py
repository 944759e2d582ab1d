"""As whom a mail is looked at: invented readers who show what can go wrong, and real ones from the files."""

from dataclasses import dataclass

from outreach.audience.queries import person as people
from outreach.compose.variants import variant_for
from outreach.delivery.slots import KEYS
from outreach.errors import NotFound
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.mail import Message, Recipient, one_line
from outreach.model.people import AddressKind
from outreach.services import Services
from outreach.steps.addresses import normalised
from outreach.store import reading

PREVIEW = "preview"
"""What stands where a delivery's own tokens would."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads a mail; *about* says in a few words what is to be seen with them."""

    about: str
    email: str
    first_name: str = ""
    organisation: str = ""
    language: str | None = None
    kind: AddressKind = AddressKind.PERSONAL


LONG = "Wilhelmina-Aleksandra Konstantinopolitańska-Østergård"


def invented(campaign: Campaign) -> dict[str, Reader]:
    """Return the invented readers by name, the usual one first."""
    own = campaign.languages[0]
    return {
        "noor": Reader("Noor, who told us name and language", "noor@example.org", "Noor", "Lindeplein", own),
        "nobody": Reader("somebody of whom we know nothing", "post@example.org"),
        "long": Reader("somebody with a very long name", "w.k@example.org", LONG, f"Stichting {LONG}", own),
        "rtl": Reader("نور, whose name runs from right to left", "nour@example.org", "نور", "جمعية الحي", own),
        "office": Reader(
            "a municipality's mailbox", "info@example.org", "", "Gemeente Voorbeeldstad", own, AddressKind.ROLE
        ),
    }


def usual(campaign: Campaign) -> Reader:
    """Return the reader of every preview that asks for nobody else."""
    return next(iter(invented(campaign).values()))


def id_of(services: Services, address: str) -> int:
    """Return the contact with an address as somebody typed it."""
    email = normalised(address, "reader")
    with reading(services.sessions) as session:
        found = people.by_email(session, email)
    if found is None:
        raise NotFound("person with the address", email)
    return found.id


def real(services: Services, contact_id: int) -> Reader:
    """Return somebody from the files."""
    with reading(services.sessions) as session:
        found = people.by_id(session, contact_id)
    if found is None:
        raise NotFound("person with the number", contact_id)
    return Reader("", found.email, found.first_name, found.organisation, found.language, found.kind)


def variant_of(campaign: Campaign, wave: WaveDefinition, reader: Reader) -> str:
    """Return which variant *reader* would get."""
    return variant_for(campaign.languages, wave.edition, reader.language, reader.kind)


def recipient(message: Message, reader: Reader, rid: str = PREVIEW) -> Recipient:
    """Return *reader* with a value for every slot that a message can have; what belongs to a delivery leads nowhere."""
    name = one_line(reader.first_name)
    values = {
        "rid": rid,
        **dict.fromkeys(KEYS, PREVIEW),
        "pixel": "p/0",
        "first_name": name,
        "organisation": one_line(reader.organisation),
        **{f"salutation_{code}": words.to(name) for code, words in message.salutations.items()},
    }
    return Recipient(rid, reader.email, values)
