"""Running the preview until it is told to stop."""

import socket
import webbrowser

import uvicorn

from outreach.preview.app import HOSTS, create
from outreach.preview.chosen import Chosen
from outreach.services import Services


def serve(services: Services, campaign: str = "", wave: str = "", *, port: int = 0, browse: bool = False) -> None:
    """Show the page on this machine, on a free port where *port* is 0; its address is printed before it answers."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOSTS[0], port))
        listener.listen()
        address = f"http://{HOSTS[0]}:{listener.getsockname()[1]}{Chosen(campaign=campaign, wave=wave).but()}"
        print(f"{address}\nIt follows what you save. Ctrl-C ends it.", flush=True)
        if browse:
            webbrowser.open(address)
        config = uvicorn.Config(create(services), access_log=False, log_level="warning", server_header=False)
        uvicorn.Server(config).run(sockets=[listener])
