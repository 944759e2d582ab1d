from outreach.dashboard.preflight import preflight_markdown
from outreach.model.inspection import Inspection, Picture, Score, Seen, Weighed
from outreach.model.preflight import Finding, Level

NOTE = Finding(Level.NOTE, "links", "2 looked at")


def seen(*findings: Finding, **what: object) -> Inspection:
    return Inspection(1, "d", findings, findings, **what)  # type: ignore[arg-type]


def test_a_look_that_found_nothing_says_so_and_what_was_looked_at():
    assert preflight_markdown(seen(NOTE), "Start", "https://mail.example.org") == (
        "# Preflight: Start\n\n**Nothing was found.**\n\n## What was looked at\n\n- links: 2 looked at\n"
    )


def test_all_that_was_found_is_told_and_escaped():
    markdown = preflight_markdown(
        seen(
            Finding(Level.WARNING, "a|b", "<i>"),
            Finding(Level.STOP, "https://x", "answers 404 (“[a](b)”)"),
            links=(
                Seen("https://fine", "answers 200", None, "yes"),
                Seen("https://x|y", "answers 404", Level.STOP, "[a](b)"),
            ),
            mails=(
                Weighed("members: nl+de", "A | <b>", 61_499, Score(5.2, (("BAD", 5.2), ("NONE", 0.0)))),
                Weighed("de", "B", 900),
            ),
            pictures=(Picture("de", 390, "light", b"", "k-_1"), Picture("nl", 390, "dark", b"", "k2")),
        ),
        "Start <now>",
        "https://mail.example.org/",
    )

    own = "https://mail.example.org/pictures"
    assert markdown.split("\n\n") == [
        "# Preflight: Start &#60;now&#62;",
        "**1 to mend before it can be sent**, 1 worth a look. Plan it again when that is done.",
        "## It cannot be sent yet",
        "- https:\u2060//x: answers 404 &#40;“&#91;a&#93;&#40;b&#41;”&#41;",
        "## Worth a look",
        "- a&#124;b: &#60;i&#62;",
        "## The mails",
        "| Mail | Subject | Size at most | Spam score |\n| :--- | :--- | ---: | :--- |\n"
        "| members: Nederlands &#43; Deutsch | A &#124; &#60;b&#62; | 61 kB | 5.2 (BAD 5.2) |\n"
        "| Deutsch | B | 1 kB | – |",
        "## How they look",
        "| Mail | 390 px, light | 390 px, dark |\n| :--- | :--- | :--- |\n"
        f"| Deutsch | [![Deutsch, 390 px, light]({own}/k-_1.png)]({own}/k-_1.png) | – |\n"
        f"| Nederlands | – | [![Nederlands, 390 px, dark]({own}/k2.png)]({own}/k2.png) |",
        "## Links and pictures",
        "|  | Address | Words | What it answered |\n| :--- | :--- | :--- | :--- |\n"
        "| ✗ | https:\u2060//x&#124;y | &#91;a&#93;&#40;b&#41; | answers 404 |\n"
        "| ✓ | https:\u2060//fine | yes | answers 200 |\n",
    ]


def test_however_much_was_found_prefect_can_show_it():
    links = tuple(Seen(f"https://a.example/{number}/{'<' * 5_000}", "!" * 5_000) for number in range(200))
    findings = tuple(Finding(Level.WARNING, "&" * 900, "é" * 2_000) for _ in range(50))

    markdown = preflight_markdown(seen(*findings, links=links), "T" * 500, "https://mail.example.org")

    assert len(markdown.encode()) < 100_000
    assert "more lines." in markdown
