"""What SpamAssassin says of a mail, where it is installed: on this machine alone, without what it learnt before."""

import os
import re
import subprocess
import tempfile
from datetime import datetime
from email.parser import BytesHeaderParser
from email.utils import format_datetime
from pathlib import Path

from outreach.errors import NotInspected
from outreach.inspection.programs import found
from outreach.model.inspection import Score
from outreach.model.mail import Mail
from outreach.providers import mime

NAME = "SpamAssassin"
SUSPECT = 5.0
"""The score from which most servers put a mail aside."""

HEADER = "X-Spam-Outreach"
_RULES = f"""
use_bayes 0
use_auto_whitelist 0
required_score {SUSPECT}
report_safe 0
add_header all {HEADER.removeprefix("X-Spam-")} score=_SCORE_ tests=_TESTSSCORES(,)_
"""
_SAID = re.compile(r"score=(?P<score>-?\d+(?:\.\d+)?) tests=(?P<rules>\S*)")
_RULE = re.compile(r"(?P<name>[A-Z0-9_]+)=(?P<points>-?\d+(?:\.\d+)?)")


def score(mail: Mail, at: datetime, program: str, seconds: float = 30.0) -> Score:
    """Return the score of *mail*, as if it were sent now; `NotInspected` says why there is none."""
    command = found(program, NAME)
    source = f"Date: {format_datetime(at)}\r\n".encode() + mime.content(mail, "inspection")
    with tempfile.TemporaryDirectory(prefix="outreach-spam-") as home:
        rules = Path(home, "user_prefs")
        rules.write_text(_RULES, encoding="ascii")
        asked = [command, "--local", f"--prefspath={rules}"]
        environment = {"HOME": home, "PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
        try:
            answer = subprocess.run(  # noqa: S603 - the program that the settings name
                asked, input=source, capture_output=True, env=environment, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NotInspected(NAME, f"it took longer than {seconds:g} s") from error
        except OSError as error:
            raise NotInspected(NAME, f"it does not start: {error}") from error
    return _read(answer)


def _read(answer: subprocess.CompletedProcess[bytes]) -> Score:
    head = BytesHeaderParser().parsebytes(answer.stdout)
    said = _SAID.search(re.sub(r"\s+", " ", str(head.get(HEADER, ""))).replace(", ", ","))
    if said is None:
        last = answer.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["nothing"]
        raise NotInspected(NAME, f"it gave no score (exit {answer.returncode}), but said: {last[0][:200]}")
    rules = [(rule["name"], float(rule["points"])) for rule in _RULE.finditer(said["rules"])]
    return Score(float(said["score"]), tuple(sorted(rules, key=lambda rule: (-rule[1], rule[0]))))
