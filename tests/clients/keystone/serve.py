"""A real Keystone for tests: SQLite, Fernet tokens, one process, everything in a directory of its own.

    $MANILAD_PEERS/keystone/bin/python serve.py --port 5000 --endpoint http://127.0.0.1:8786/v2 \\
        [--network http://127.0.0.1:9696] [--key-manager https://127.0.0.1:9311]

Prints READY when it can be used and stops on SIGTERM. It is set up as an operator would: `keystone-manage`, then the
Identity API. The catalogue points both service types of the shared file system service at --endpoint, the network
service at --network, and the key store at --key-manager.

Everything is in domain Default, region RegionOne. The password of each user is their name with `-pass`:

    admin       admin in project admin, and admin of the system
    operator    admin of the system only (OS_SYSTEM_SCOPE=all)
    manila      service in project service: the user for [keystone_authtoken]
    neutron     service in project service: the network service's own user
    barbican    service in project service: the key store's own user
    plumber     admin and service in project service: the user for [neutron]
    mona        manager in project alpha
    ann, ray    member, reader in project alpha
    ben, rob    member, reader in project beta
"""

import argparse
import logging
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

ASSIGNMENTS = [
    # user, role, project (None: the system)
    ("operator", "admin", None),
    ("manila", "service", "service"),
    ("neutron", "service", "service"),
    ("barbican", "service", "service"),
    ("plumber", "admin", "service"),
    ("plumber", "service", "service"),
    ("mona", "manager", "alpha"),
    ("ann", "member", "alpha"),
    ("ray", "reader", "alpha"),
    ("ben", "member", "beta"),
    ("rob", "reader", "beta"),
]
SERVICE_TYPES = ["shared-file-system", "sharev2"]
NETWORK_TYPE = "network"
KEY_MANAGER_TYPE = "key-manager"

CONFIGURATION = """
[DEFAULT]
log_file = {state}/keystone.log
[database]
connection = sqlite:///{state}/keystone.db
[fernet_tokens]
key_repository = {state}/fernet
[fernet_receipts]
key_repository = {state}/fernet
[credential]
key_repository = {state}/credential
[identity]
# Fewer rounds than is safe: these passwords are public, and a test logs in often.
password_hash_rounds = 4
[token]
expiration = {token_seconds}
"""


def prepare(state, url):
    """Database, keys and the first administrator, by Keystone's own tool."""
    for name in ("fernet", "credential"):
        (state / name).mkdir(mode=0o700)
    tool = [sys.executable, pathlib.Path(sys.executable).with_name("keystone-manage"),
            "--config-file", configuration(state)]
    with open(state / "prepare.log", "wb") as log:
        def begin(*words):
            return subprocess.Popen([*map(str, tool), *words], stdout=log, stderr=subprocess.STDOUT)

        def finish(process):
            if process.wait(timeout=120) != 0:
                sys.exit("%s failed:\n%s" % (process.args, (state / "prepare.log").read_text()[-4000:]))

        owner = ["--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid())]
        for process in [begin("db_sync"), begin("fernet_setup", *owner), begin("credential_setup", *owner)]:
            finish(process)
        finish(begin("bootstrap", "--bootstrap-password", "admin-pass", "--bootstrap-region-id", "RegionOne",
                     "--bootstrap-public-url", url, "--bootstrap-internal-url", url, "--bootstrap-admin-url", url))


def configuration(state):
    return state / "keystone.conf"


def listen(state, port):
    """Starts the server's threads and returns when connections are accepted."""
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = str(configuration(state))
    sys.argv = sys.argv[:1]  # Keystone would read our arguments as its own
    from keystone.wsgi import api
    import waitress.server

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = waitress.server.create_server(api.application, host="127.0.0.1", port=port, threads=8)
    threading.Thread(target=server.run, daemon=True).start()


def populate(url, endpoints):
    """Projects, users, roles and the catalogue, through the Identity API."""
    from keystoneauth1 import session
    from keystoneauth1.identity import v3

    auth = v3.Password(url, username="admin", password="admin-pass", user_domain_id="default",
                       project_name="admin", project_domain_id="default")
    identity = session.Session(auth)

    def create(collection, kind, **fields):
        reply = identity.post("%s/%s" % (url, collection), json={kind: fields})
        return reply.json()[kind]["id"]

    roles = {role["name"]: role["id"] for role in identity.get(url + "/roles").json()["roles"]}
    projects = {name: create("projects", "project", name=name, domain_id="default")
                for name in sorted({project for _, _, project in ASSIGNMENTS if project})}
    users = {user: create("users", "user", name=user, password=user + "-pass", domain_id="default")
             for user in dict.fromkeys(user for user, _, _ in ASSIGNMENTS)}
    for user, role, project in ASSIGNMENTS:
        where = "projects/%s" % projects[project] if project else "system"
        identity.put("%s/%s/users/%s/roles/%s" % (url, where, users[user], roles[role]))
    for kind, endpoint in endpoints.items():
        service = create("services", "service", name="service-" + kind, type=kind)
        for interface in ("public", "internal", "admin"):
            create("endpoints", "endpoint", service_id=service, interface=interface, url=endpoint,
                   region_id="RegionOne")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--endpoint", required=True, help="address of the service, for the catalogue")
    arguments.add_argument("--network", help="address of the network service, for the catalogue")
    arguments.add_argument("--key-manager", help="address of the key store, for the catalogue")
    arguments.add_argument("--token-seconds", type=int, default=3600, help="life of a token")
    given = arguments.parse_args()

    url = "http://127.0.0.1:%d/v3" % given.port
    stops = {signal.SIGTERM, signal.SIGINT}
    with tempfile.TemporaryDirectory(prefix="manilad-keystone-") as name:
        state = pathlib.Path(name)
        configuration(state).write_text(CONFIGURATION.format(state=state, token_seconds=given.token_seconds))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # while it prepares; the directory goes too
        prepare(state, url)
        signal.pthread_sigmask(signal.SIG_BLOCK, stops)  # before there are threads, which inherit it
        listen(state, given.port)
        endpoints = {kind: given.endpoint for kind in SERVICE_TYPES}
        others = {NETWORK_TYPE: given.network, KEY_MANAGER_TYPE: given.key_manager}
        populate(url, endpoints | {kind: url for kind, url in others.items() if url})
        print("READY", flush=True)
        signal.sigwait(stops)


if __name__ == "__main__":
    main()
