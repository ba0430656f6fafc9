"""A real Neutron for tests: the API process alone, ML2 on SQLite, no agents, everything in a directory of its own.

    $MANILAD_PEERS/neutron/bin/python serve.py --port 9696 --auth-url http://127.0.0.1:5000/v3

Prints READY when it can be used and stops on SIGTERM. Callers are known by the Keystone at --auth-url, which has a
user `neutron` (password `neutron-pass`) in project `service`. There is no message bus and no agent: ports are made and
given addresses, but nothing is ever plugged in.

Networks of types flat, vlan and vxlan can be made; VLANs 100 to 199 of physical network `phys` are for tenants, flat
networks go anywhere. Networks of several segments can be made (extension `multi-provider`), and ports can be bound
(extension `binding`); without an agent a port of type `normal` fails to bind and one of type `baremetal` stays unbound.
"""

import argparse
import logging
import os
import pathlib
import signal
import sys
import tempfile
import threading

CONFIGURATION = """
[DEFAULT]
core_plugin = ml2
service_plugins =
api_paste_config = {state}/api-paste.ini
auth_strategy = keystone
transport_url = fake://
state_path = {state}
log_file = {state}/neutron.log
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
dhcp_agent_notification = false
bind_host = 127.0.0.1
[database]
connection = sqlite:///{state}/neutron.db
[keystone_authtoken]
auth_type = password
auth_url = {auth_url}
www_authenticate_uri = {auth_url}
username = neutron
password = neutron-pass
project_name = service
user_domain_id = default
project_domain_id = default
[oslo_concurrency]
lock_path = {state}
[quotas]
quota_driver = neutron.db.quota.driver_nolock.DbQuotaNoLockDriver
[ml2]
type_drivers = flat,vlan,vxlan
tenant_network_types = vlan
mechanism_drivers =
extension_drivers = port_security
[ml2_type_flat]
flat_networks = *
[ml2_type_vlan]
network_vlan_ranges = phys:100:199
[ml2_type_vxlan]
vni_ranges = 1000:1099
"""


def prepare(state, auth_url):
    """Configuration and database. Migrations are for servers of SQL, so the tables are made from the models."""
    text = CONFIGURATION.format(state=state, auth_url=auth_url)
    (state / "neutron.conf").write_text(text)
    (state / "api-paste.ini").write_bytes((pathlib.Path(sys.prefix) / "etc/neutron/api-paste.ini").read_bytes())
    from neutron.db.migration.models import head
    import sqlalchemy

    engine = sqlalchemy.create_engine("sqlite:///%s/neutron.db" % state)
    head.get_metadata().create_all(engine)
    engine.dispose()


def listen(state, port):
    """Starts the server's threads and returns when connections are accepted."""
    os.environ["OS_NEUTRON_CONFIG_DIR"] = str(state)
    os.environ["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
    sys.argv = sys.argv[:1]  # Neutron would read our arguments as its own
    from neutron.wsgi import api
    import waitress.server

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = waitress.server.create_server(api.application, host="127.0.0.1", port=port, threads=4)
    threading.Thread(target=server.run, daemon=True).start()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--auth-url", required=True, help="the identity service")
    given = arguments.parse_args()

    stops = {signal.SIGTERM, signal.SIGINT}
    with tempfile.TemporaryDirectory(prefix="manilad-neutron-") as name:
        state = pathlib.Path(name)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # while it prepares; the directory goes too
        prepare(state, given.auth_url)
        signal.pthread_sigmask(signal.SIG_BLOCK, stops)  # before there are threads, which inherit it
        listen(state, given.port)
        print("READY", flush=True)
        signal.sigwait(stops)


if __name__ == "__main__":
    main()
