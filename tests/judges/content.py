"""News and events as feeds bring them, invented: long and short, with a picture and without, in both languages."""

from datetime import UTC, datetime, timedelta

from outreach.compose.section import Digest
from outreach.model.content import Content, ContentKind
from tests.builders_compose import NOW

LONG = (
    "Sinds een jaar zitten jongerenwerkers, de wijkagent en drie scholen elke dinsdag samen aan één tafel. Wat begon "
    "als overleg over overlast, is een werkplaats geworden waar jongeren zelf plannen maken, geld aanvragen en "
    "verantwoording afleggen. De gemeente betaalt de ruimte, de buurt levert de vrijwilligers."
)


def story(number: int, title: str, body: str = "", **others: str) -> Content:
    return Content(
        id=number,
        kind=ContentKind.NEWS,
        topic="social-work",
        language=others.get("language", "nl"),
        title=title,
        link=others.get("link", f"https://www.example.org/nieuws/{number}?utm=a&deel=1"),
        body=body,
        published=NOW - timedelta(days=number),
        image=others.get("image", ""),
        image_alt=others.get("image_alt", ""),
    )


def occasion(number: int, title: str, starts: datetime, hours: float, **others: str) -> Content:
    return Content(
        id=number,
        kind=ContentKind.EVENT,
        topic="social-work",
        language=others.get("language", "nl"),
        title=title,
        link=f"https://www.example.org/agenda/{number}",
        body=others.get("body", ""),
        published=NOW - timedelta(days=number),
        starts=starts,
        ends=starts + timedelta(hours=hours),
        place=others.get("place", ""),
        cancelled="cancelled" in others,
        image=others.get("image", ""),
        image_alt=others.get("image_alt", ""),
    )


DUTCH = Digest(
    news=(
        story(
            1,
            "Jongerenwerk in Voorbeeldstad: “We luisteren nu eerst”",
            LONG,
            image="https://www.example.org/beeld/tafel.jpg",
            image_alt="Vier mensen aan een lange tafel, met koffie en papieren",
        ),
        story(2, "Subsidie aangevraagd & gekregen: 5 lessen < 10 minuten", "Wat werkt, en wat niet."),
        story(
            3,
            "Neue Wege in der Schuldnerberatung",
            "Ein Blick über die Grenze.",
            language="de",
            image="https://www.example.org/beeld/grens.png",
        ),
        story(4, "Kort", link="geen adres"),
    ),
    events=(
        occasion(
            11,
            "Werkplaats: vertel uw verhaal in vijf minuten",
            datetime(2026, 12, 3, 12, 30, tzinfo=UTC),
            3.5,
            place="Stadsbibliotheek, Voorbeeldplein 1, Voorbeeldstad",
            body="Met een journalist en een acteur. U gaat naar huis met een verhaal dat af is.",
            image="https://www.example.org/beeld/werkplaats.jpg",
            image_alt="Een vrouw spreekt voor een kleine zaal",
        ),
        occasion(12, "Tweedaagse van het sociaal werk", datetime(2026, 12, 30, 9, 0, tzinfo=UTC), 55, place="Utrecht"),
        occasion(13, "Inloopspreekuur", datetime(2027, 1, 7, 8, 0, tzinfo=UTC), 1, cancelled="yes"),
    ),
)

GERMAN = Digest(
    news=(
        story(
            21,
            "Straßensozialarbeit: Was eine Nacht am Bahnhof lehrt",
            "Zwei Kolleginnen, ein Rucksack, dreißig Gespräche. Eine Reportage.",
            language="de",
            image="https://www.example.org/bild/bahnhof.jpg",
            image_alt="Zwei Frauen mit Rucksack auf einem leeren Bahnsteig",
        ),
        story(
            22,
            "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihungsfeierlichkeitenvorbereitungsausschuss",
            "Ein Titel, der breiter ist als ein Telefon.",
            language="de",
        ),
        story(23, "Ondertussen in Nederland", "Wat de buren doen.", language="nl"),
    ),
    events=(
        occasion(
            31,
            "Fachtag Soziale Arbeit",
            datetime(2026, 12, 10, 9, 0, tzinfo=UTC),
            7,
            language="de",
            place="Bürgerhaus, Musterstraße 1, Musterstadt",
            body="Vorträge am Vormittag, Werkstätten am Nachmittag.",
        ),
        occasion(32, "Stammtisch", datetime(2026, 12, 17, 17, 0, tzinfo=UTC), 2, language="de", place="online"),
    ),
)

DIGESTS = {"nl": DUTCH, "de": GERMAN}
