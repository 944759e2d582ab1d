import os
import sys
from pathlib import Path

import pytest

from outreach.errors import NotInspected
from outreach.inspection.spam import Score, score
from outreach.model.mail import Address, Mail
from tests.conftest import NOON

MAIL = Mail(
    "r1", "noor@example.org", Address("nieuws@example.org", "Lindeplein"), "", "Dag", "<p>Dag</p>", "Dag", {"X-A": "a"}
)  # fmt: skip


def program(folder: Path, body: str) -> str:
    """A program in place of SpamAssassin, written in Python."""
    path = folder / "spamassassin"
    path.write_text(f"#!{sys.executable} -IS\nimport os, sys, time\nsource = sys.stdin.read()\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_score_and_rules_are_read_from_the_head(tmp_path: Path):
    says = 'print("X-Spam-Outreach: score=6.3 tests=HTML_ONLY=0.1,\\n\\tBAD_WORDS=5.2,GOOD=-1\\n" + source)'

    found = score(MAIL, NOON, program(tmp_path, says))

    assert found == Score(6.3, (("BAD_WORDS", 5.2), ("HTML_ONLY", 0.1), ("GOOD", -1.0)))


def test_a_mail_without_any_rule_has_its_score(tmp_path: Path):
    says = 'print("X-Spam-Outreach: score=0.0 tests=none\\n")'

    assert score(MAIL, NOON, program(tmp_path, says)) == Score(0.0, ())


def test_it_is_asked_with_a_home_of_its_own_and_learns_nothing(tmp_path: Path):
    says = (
        "rules = open(sys.argv[2].partition('=')[2]).read()\n"
        f"open({str(tmp_path / 'seen')!r}, 'w').write('|'.join([sys.argv[1], os.environ['HOME'], rules, source]))\n"
        'print("X-Spam-Outreach: score=1 tests=none\\n")'
    )
    score(MAIL, NOON, program(tmp_path, says))

    option, home, rules, source = (tmp_path / "seen").read_text().split("|")
    assert (option, home == os.environ["HOME"], Path(home).exists()) == ("--local", False, False)
    assert "use_bayes 0" in rules.splitlines()
    assert source.startswith("Date: Fri, 20 Nov 2026 12:00:00 +0000\nFrom: ")


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("time.sleep(5)", "it took longer than 0.3 s"),
        ("print('X-Spam-Status: No')", "it gave no score (exit 0), but said: nothing"),
        ("sys.exit('one\\nno rules found')", "it gave no score (exit 1), but said: no rules found"),
        ("sys.stdout.buffer.write(bytes(range(256)) * 99)", "it gave no score (exit 0), but said: nothing"),
        ("print('X-Spam-Outreach: score=NaN tests=')", "it gave no score (exit 0), but said: nothing"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told(tmp_path: Path, says: str, why: str):
    seconds = 0.3 if "sleep" in says else 10.0

    with pytest.raises(NotInspected) as caught:
        score(MAIL, NOON, program(tmp_path, says), seconds)

    assert str(caught.value) == f"not checked by SpamAssassin: {why}"


@pytest.mark.parametrize(
    ("name", "why"),
    [("", "it is switched off in the settings"), ("no-such-program", "no-such-program is not installed")],
)
def test_without_the_program_it_says_so(name: str, why: str):
    with pytest.raises(NotInspected, match=f"^not checked by SpamAssassin: {why}$"):
        score(MAIL, NOON, name)


def test_a_program_that_cannot_run_is_told(tmp_path: Path):
    broken = tmp_path / "spamassassin"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)

    with pytest.raises(NotInspected, match=r"^not checked by SpamAssassin: it does not start: "):
        score(MAIL, NOON, str(broken))
