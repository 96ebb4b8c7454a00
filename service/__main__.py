"""`python -m service`: start the service."""

import logging
import os
import shlex
import socket
import sys

import msgspec

from hooks.errors import CardwiseError, ConfigurationError
from service import demo
from service.app import create_app
from service.limits.server import server
from service.settings import Settings


def main() -> int:
    """Start the service and serve until Ctrl-C or SIGTERM; return the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines quote URLs with patient ids
    try:
        settings = Settings.from_environment(os.environ)
        listener = listen(settings)
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        app = create_app(settings)
    except CardwiseError as error:
        sys.stderr.writelines(f"cardwise: {line}\n" for line in str(error).splitlines())
        return 2
    sys.stdout.write(greeting(settings))
    sys.stdout.flush()
    serving = server(app, settings)
    with listener:
        serving.run(sockets=[listener])
    sys.stdout.write("\nCardwise has stopped.\n")
    return 1 if serving.cut else 0


def listen(settings: Settings) -> socket.socket:
    """Open the port.

    Raises:
        ConfigurationError: it is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {settings.host} port {settings.port} ({error.strerror}); "
            "set HOST and PORT to what is free here"
        ) from None
    # a small answer must not wait for the acknowledgement of its first packet
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def greeting(settings: Settings) -> str:
    """The address, and in development a line to try."""
    lines = [f"Cardwise ({settings.mode}) at {settings.base_url}", "Stop it with Ctrl-C."]
    if settings.development and not settings.config:  # with tenants, a call needs a token
        call = msgspec.json.encode(demo.example_call(settings.base_url)).decode()
        url = f"{settings.base_url}/cds-services/order-safety"
        header = "-H 'Content-Type: application/json'"
        lines += [
            "",
            "Try it: amoxicillin for a patient with an anaphylaxis to penicillin.",
            "",
            f"curl -s {url} {header} -d {shlex.quote(call)}",
            "",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
