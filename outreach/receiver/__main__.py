"""`python -m outreach.receiver`: the web door with the settings of the environment."""

from outreach.receiver.serve import serve
from outreach.services import open_services

if __name__ == "__main__":
    with open_services() as services:
        serve(services)
