from outreach.dashboard.imports import masked_text, question_markdown, report_markdown


def test_addresses_of_people_are_masked_text():
    assert masked_text("address 'jan.smit@@example.org' is impossible; see bo@example.org, x") == (
        "address 'j…@@example.org' is impossible; see b…@example.org, x"
    )


def test_cells_that_were_to_be_an_address_or_a_number_of_somebody_are_masked_text():
    assert masked_text(
        "address 'jan.example.org' is impossible; an earlier row has external id 'L77'; language 'Kl' is"
    ) == ("address 'j…' is impossible; an earlier row has external id 'L…'; language 'Kl' is")


def test_the_question_shows_changes_columns_and_faults_with_everything_escaped():
    shown = question_markdown(
        "people<b>.csv",
        ["CSV in UTF-8"],
        [("E-mail | x", "email", "its heading"), ("[a](http://b)", "left out", "as asked")],
        ["people.csv: 1 new"],
        [(7, "address 'x' is <i>")],
    )

    assert shown == (
        "## Import people&#60;b&#62;.csv?\n\n"
        "- CSV in UTF&#45;8\n\n"
        "### What would change\n\n"
        "- people.csv: 1 new\n\n".replace(".csv: 1", "&#46;csv: 1")
        + "### What the columns are taken for\n\n"
        "| Column | Taken for | Known by |\n| :--- | :--- | :--- |\n"
        "| E&#45;mail &#124; x | email | its heading |\n"
        "| &#91;a&#93;&#40;http:\u2060//b&#41; | left out | as asked |\n\n"
        "### The first rows with errors\n\n"
        "| Line | What is wrong |\n| ---: | :--- |\n"
        "| 7 | address 'x…' is &#60;i&#62; |\n\n\n"
        "Nothing is stored until somebody chooses **import**. Should the file change before that, "
        "the question is asked again.\n"
    ).replace("people&#60;b&#62;.csv", "people&#60;b&#62;&#46;csv")


def test_the_report_stays_far_below_what_prefect_takes():
    column, fault = ("x" * 1_000, "y", "z"), (1, "<" * 1_000)

    shown = report_markdown("p", [], [column] * 1_000, [], [fault] * 1_000)

    assert len(shown) < 100_000
    assert "and 900 columns more" in shown.replace("\u00a0", " ")
