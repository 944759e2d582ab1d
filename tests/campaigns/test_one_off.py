# ruff: noqa: E501 - a row of a table stays on one line
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from outreach.campaigns.one_off import OneOff, one_off
from outreach.errors import DefinitionError
from outreach.model.campaign import Body, Field, FieldKind, Layout, Sender, WaveDefinition
from tests.builders_compose import both, compiled

SENDER = Sender("Lindeplein", "nieuws@example.org", "redactie@example.org", both("Colofon", "Impressum"))
FORM = OneOff(
    slug="gouden-gemeente",
    topic="social-work",
    languages=("nl", "de"),
    titles=both("Wie verdient goud?", "Wer verdient Gold?"),
    subjects=both("Wie verdient goud?", "Wer verdient Gold?"),
    bodies=both("Vertel het ons.", "Erzählen Sie es uns."),
    audiences=("members",),
    sender=SENDER,
    questions=("Welke gemeente? | Welche Kommune?", "text?: Waarom? | Warum?"),
    fold_by_first=True,
    goal=10,
)


def refusal(form: OneOff) -> str:
    with pytest.raises(DefinitionError) as caught:
        one_off(form)
    return str(caught.value)


def test_a_form_becomes_a_campaign_of_one_wave_and_one_call():
    campaign = one_off(FORM)

    assert campaign.waves == {
        "call": WaveDefinition(
            name="call",
            title=FORM.titles,
            audiences=("members",),
            layout=Layout.CALL,
            bodies={
                "nl": Body("Wie verdient goud?", "Wie verdient goud?", "{{ salutation }}\n\nVertel het ons.", "run form: text in nl"),
                "de": Body("Wer verdient Gold?", "Wer verdient Gold?", "{{ salutation }}\n\nErzählen Sie es uns.", "run form: text in de"),
            },
            call="gouden-gemeente",
        )
    }  # fmt: skip
    call = campaign.calls["gouden-gemeente"]
    assert (call.goal, call.fold_by, call.button) == (10, "question_1", both("Doe mee", "Jetzt mitmachen"))
    assert call.fields == (
        Field("name", FieldKind.LINE, both("Uw naam", "Ihr Name")),
        Field("email", FieldKind.EMAIL, both("Uw e-mailadres", "Ihre E-Mail-Adresse")),
        Field("question_1", FieldKind.LINE, both("Welke gemeente?", "Welche Kommune?")),
        Field("question_2", FieldKind.TEXT, both("Waarom?", "Warum?"), required=False, limit=2000),
    )


def test_a_question_for_the_address_takes_the_place_of_ours():
    fields = (
        one_off(replace(FORM, questions=("email: Uw adres | Ihre Adresse",), fold_by_first=False))
        .calls[FORM.slug]
        .fields
    )

    assert fields == (Field("email", FieldKind.EMAIL, both("Uw adres", "Ihre Adresse")),)  # fmt: skip


def test_a_one_off_compiles_into_a_mail_that_greets_and_asks():
    campaign = one_off(FORM)
    mail = compiled(campaign.waves["call"], "nl+de", of=campaign)

    assert [link.url for link in mail.links] == [
        "https://mail.example.org/calls/gouden-gemeente?lang=nl",
        "https://mail.example.org/calls/gouden-gemeente?lang=de",
    ]
    assert "@@salutation_nl@@" in mail.text
    assert "@@salutation_de@@" in mail.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"slug": "Gouden gemeente"}, "run form: slug: found 'Gouden gemeente'; write lower-case letters, digits and dashes"),
        ({"audiences": ()}, "run form: audiences: there is none; choose at least one"),
        ({"subjects": {"nl": "Goud"}}, "run form: subjects: 'de' is missing: the call speaks nl, de; write it too"),
        ({"bodies": both("a", " ")}, "run form: bodies: 'de' is missing: the call speaks nl, de; write it too"),
        ({"goal": 0}, "run form: goal: found 0; write 1 or more, or leave it empty"),
        ({"closes": datetime(2026, 12, 1)}, "run form: closes: 2026-12-01T00:00:00 has no time zone; write one, such as +01:00"),  # noqa: DTZ001
        ({"questions": ("Welke gemeente?",)}, "run form: question 1: found 'Welke gemeente?'; write one label per language: nl | de"),
        ({"questions": ("date: Wanneer? | Wann?",)}, "run form: question 1: unknown kind 'date'; known: line, text, email, check"),
        ({"questions": ()}, "run form: questions: there is none, so equal answers cannot count once; ask one"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_form_is_told(changes: dict[str, object], told: str):
    assert refusal(replace(FORM, **changes)) == told  # type: ignore[arg-type]


def test_a_language_without_house_words_must_bring_its_own():
    form = replace(
        FORM,
        languages=("fr",),
        titles={"fr": "Qui?"},
        subjects={"fr": "Qui?"},
        bodies={"fr": "Dites-le-nous."},
        sender=replace(SENDER, imprint={"fr": "Mentions"}),
        questions=("email: Votre adresse",),
        closes=datetime(2026, 12, 1, tzinfo=UTC),
    )

    assert refusal(form) == (
        "run form: 2 problems\n"
        "run form: buttons: 'fr' is missing: the call speaks fr; write it too\n"
        "run form: thanks: 'fr' is missing: the call speaks fr; write it too"
    )
