"""Where a key stands: in every way that TOML knows to write one, and as a law over made-up files."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.campaigns.lines import KeyPath, Lines

FILE = '''# a comment = "no key"
topic = "a"

title.nl = "dotted"
title . "d e" = "quoted and spaced"
words = { nl = "inline", de = { deep = 1 } }
text = """
[not.a.table]
key = "not a key"
"""
many = [
  1,

  { name = "of a list" },  # with a comment ]
]
nested = [[1,
  2], [3]]

[waves.start] # a table
layout = "call"

[[calls.join.fields]]
name = "one"
[calls.join.fields.choices]
x = { nl = "X" }
[[calls.join.fields]]
name = "two"
choices.y = 1

[waves."Start nu"]
odd = \'\'\'a
]
b\'\'\'
last = 2026-12-10
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("topic",), 2),
        (("title",), 4),
        (("title", "nl"), 4),
        (("title", "d e"), 5),
        (("words", "de", "deep"), 6),
        (("text",), 7),
        (("many",), 11),
        (("many", 1), 12),
        (("many", 2, "name"), 14),
        (("nested",), 16),
        (("waves",), 19),
        (("waves", "start", "layout"), 20),
        (("calls", "join"), 22),
        (("calls", "join", "fields", 1, "name"), 23),
        (("calls", "join", "fields", 1, "choices"), 24),
        (("calls", "join", "fields", 1, "choices", "x", "nl"), 25),
        (("calls", "join", "fields", 2), 26),
        (("calls", "join", "fields", 2, "choices", "y"), 28),
        (("waves", "Start nu", "odd"), 31),
        (("waves", "Start nu", "last"), 34),
        (("waves", "start", "missing"), 19),
        (("waves", "never"), 19),
        (("nothing",), 1),
        ((), 1),
    ],
)
def test_a_key_is_found_however_it_is_written(path: KeyPath, line: int):
    tomllib.loads(FILE)

    assert Lines(FILE).of(path) == line


def test_lines_end_as_windows_ends_them_too():
    assert Lines("a = 1\r\n[b]\r\nc = [\r\n 1,\r\n]\r\nd = 2\r\n").of(("b", "d")) == 6


VALUES = st.sampled_from(
    ['"x"', "1", "[1, 2]", "{ in = 1 }", '"""\nx\n[y]\n"""', "[\n  1,\n  { in = 1 },\n]", "'''\n]\n'''"]
)
NAMES = st.sampled_from(["a", "b-c", '"d e"', '"ü.x"', "9"])
TABLES = st.lists(st.tuples(st.booleans(), NAMES, st.lists(st.tuples(NAMES, VALUES), unique_by=lambda one: one[0])))


@given(TABLES)
@settings(max_examples=25)
def test_every_key_of_any_file_is_found_where_it_was_written(tables):
    written: list[str] = []
    expected: dict[KeyPath, int] = {}
    count = 0
    for number, (listed, name, keys) in enumerate(tables):
        bare = name.strip('"')
        table: KeyPath = ("lists", "all") if listed else ("tables", f"{bare}{number}")
        if listed:
            count += 1
            table = (*table, count)
        written += ["", "# [no.table]", "[[lists.all]]" if listed else f'[tables."{bare}{number}"]']
        expected[table] = len(written)
        for key, value in keys:
            expected[*table, key.strip('"')] = len(written) + 1
            written += f"{key} = {value}".split("\n")
    source = "\n".join(written)
    tomllib.loads(source)

    lines = Lines(source)

    assert {path: lines.of(path) for path in expected} == expected
