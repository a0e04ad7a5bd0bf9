"""An object store that speaks S3 on loopback, in a process of its own: one bucket, a key that writes, one that reads.

It says its port and keys on stdout and serves until its stdin is closed; what it holds ends with it. POST /-/hold makes
it keep the next commit of a table waiting, GET /-/held answers once one does, POST /-/drop lets it go, unwritten.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto import settings
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
BUCKET, REGION = "bucket", "eu-west-1"


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(BUCKET, REGION)
    keys = {"writer": _key("writer", "s3:*"), "reader": _key("reader", "s3:Get*", "s3:List*")}
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0  # from here on every request has to be signed
    app = Held(one_at_a_time(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"port": server.server_port, "keys": keys}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


def _key(user: str, *actions: str) -> tuple[str, str]:
    """Id and secret of a new user's key."""
    people = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    people.create_user(REGION, user)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    people.put_user_policy(user, "may", json.dumps(policy))
    made = people.create_access_key(user)
    return made.access_key_id, made.secret_access_key


def one_at_a_time(app: App) -> App:
    """A put on condition looks and then writes: a store lets nobody come between, this one would."""
    turn = threading.Lock()

    def served(request: dict[str, Any], start: Any) -> Iterable[bytes]:
        with turn:
            return list(app(request, start))

    return served


class Held:
    """The moment between the files of a load and its commit, for as long as a test needs it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._wanted, self._waiting, self._dropped = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, request: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = request["PATH_INFO"]
        if path.startswith("/-/"):
            {"/-/hold": self._wanted.set, "/-/held": self._waiting.wait, "/-/drop": self._dropped.set}[path]()
        elif self._wanted.is_set() and request["REQUEST_METHOD"] == "PUT" and "/_delta_log/" in path:
            self._wanted.clear()
            self._waiting.set()
            self._dropped.wait()
        else:
            return self._app(request, start)
        start("200 OK", [("Content-Length", "0")])
        return [b""]


if __name__ == "__main__":
    main()
