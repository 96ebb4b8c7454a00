"""`python -m service`: start the service."""

import os
import shlex
import socket
import sys

import msgspec

from hooks.errors import CardwiseError, ConfigurationError
from service import demo
from service.app import create_app, say
from service.settings import Settings
from service.telemetry import logs
from service.workers import serve


def main() -> int:
    """Start the service and serve until Ctrl-C or SIGTERM; return the exit status."""
    try:
        settings = Settings.from_environment(os.environ)
        logs.configure(settings.log_level, settings.form)
        listener = listen(settings)
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        app = create_app(settings)
    except CardwiseError as error:
        say(error)
        return 2
    sys.stdout.write(greeting(settings))
    sys.stdout.flush()
    with listener:
        status = serve(app, settings, listener)
    sys.stdout.write("\nCardwise has stopped.\n")
    return status


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
    if settings.shows_demo:
        lines.insert(1, f"Open {settings.base_url}/demo/ to see it work: you are the clinician.")
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
