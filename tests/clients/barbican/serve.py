"""A real Barbican for tests: the API process alone over TLS, secrets in SQLite, everything in a directory of its own.

    $MANILAD_PEERS/barbican/bin/python serve.py --port 9311 --auth-url http://127.0.0.1:5000/v3 --cert c.pem --key k.pem

Prints READY when it can be used and stops on SIGTERM. Callers are known by the Keystone at --auth-url, which has a
user `barbican` (password `barbican-pass`) in project `service`. Secrets are encrypted with a key that everybody knows.
"""

import argparse
import os
import pathlib
import signal
import socketserver
import ssl
import sys
import tempfile
import threading
from wsgiref import simple_server

# Access rules of application credentials name the type of the service, and it must know its own.
CONFIGURATION = """
[DEFAULT]
transport_url = fake://
db_auto_create = true
host_href = https://127.0.0.1:{port}
log_file = {state}/barbican.log
[database]
connection = sqlite:///{state}/barbican.db
[keystone_authtoken]
auth_type = password
auth_url = {auth_url}
www_authenticate_uri = {auth_url}
username = barbican
password = barbican-pass
project_name = service
user_domain_id = default
project_domain_id = default
service_type = key-manager
[secretstore]
enabled_secretstore_plugins = store_crypto
[crypto]
enabled_crypto_plugins = simple_crypto
[simple_crypto_plugin]
kek = dGhpcnR5X3R3b19ieXRlX2tleWJsYWhibGFoYmxhaGg=
"""


class Threads(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True


class Quiet(simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


def prepare(state, port, auth_url):
    (state / ".barbican").mkdir()
    (state / ".barbican/barbican.conf").write_text(CONFIGURATION.format(state=state, port=port, auth_url=auth_url))
    paste = pathlib.Path(sys.prefix) / "etc/barbican/barbican-api-paste.ini"
    (state / "barbican-api-paste.ini").write_bytes(paste.read_bytes())


def listen(state, port, cert, key):
    """Starts the server's threads and returns when connections are accepted."""
    os.environ["HOME"] = str(state)  # in whose .barbican it looks for its configuration, when it is imported
    from barbican.common import config
    from barbican.model import repositories
    from oslo_log import log
    from paste import deploy

    log.setup(config.CONF, "barbican")
    repositories.setup_database_engine_and_factory(initialize_secret_stores=True)
    application = deploy.loadapp("config:%s" % (state / "barbican-api-paste.ini"), name="main")
    server = simple_server.make_server("127.0.0.1", port, application, Threads, Quiet)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--auth-url", required=True, help="the identity service")
    arguments.add_argument("--cert", required=True)
    arguments.add_argument("--key", required=True)
    given = arguments.parse_args()

    stops = {signal.SIGTERM, signal.SIGINT}
    with tempfile.TemporaryDirectory(prefix="manilad-barbican-") as name:
        state = pathlib.Path(name)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # while it prepares; the directory goes too
        prepare(state, given.port, given.auth_url)
        signal.pthread_sigmask(signal.SIG_BLOCK, stops)  # before there are threads, which inherit it
        listen(state, given.port, given.cert, given.key)
        print("READY", flush=True)
        signal.sigwait(stops)


if __name__ == "__main__":
    main()
