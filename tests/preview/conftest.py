"""The preview over a campaign of its own; what it shows does not depend on the database."""

import html
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from outreach.preview import create
from outreach.services import Services
from tests.builders_preview import with_campaign
from tests.receiver.client import Client

HERE = "http://127.0.0.1:8475"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "outreach.db")
    return f"sqlite:///{tmp_path / 'outreach.db'}"


@dataclass
class Desk:
    """The page in a browser without scripts, and the folder that it follows."""

    services: Services
    folder: Path
    client: Client

    def page(self, **query: str) -> str:
        answer = self.client.get(f"/?{urlencode(query)}")
        assert answer.status_code == 200
        return answer.text

    @property
    def token(self) -> str:
        """What forms of the page carry."""
        return re.findall(r'name="token" value="([^"]+)"', self.page())[0]

    def post(self, path: str, **form: str) -> str:
        """Send a form as the page has it; return where it leads to."""
        wanted = {"token": self.token, "campaign": "x", "wave": "start", **form}
        answer = self.client.post(path, data=wanted, headers={"Origin": HERE})
        assert answer.status_code == 303
        return answer.headers["location"].partition("#")[0]

    def after(self, path: str, **form: str) -> str:
        """Send a form; return the page that comes then."""
        return html.unescape(self.client.get(self.post(path, **form)).text)


@pytest.fixture
def desk(services: Services, tmp_path: Path) -> Desk:
    own, folder = with_campaign(services, tmp_path)
    return Desk(own, folder, Client(create(own), site=HERE))
