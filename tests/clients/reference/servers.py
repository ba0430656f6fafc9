"""The reference Manila driver for NetApp with share servers of its own, against an ONTAP cluster or what answers like one.

    $MANILAD_PEERS/reference/bin/python servers.py --port 8443 --password ... --net 127.40.1

Mode: driver_handles_share_servers = True, REST client, cluster account. Share servers get addresses in the /24 networks
`<net>.0`, and where the array is a simulator on this machine, it is looked whether something listens there.
"""

import pathlib
import socket
import tempfile
import uuid

import drive
from steps import Steps, check

GATEWAY, FIRST, ADMIN = 1, 10, 20


def allocation(net, host, segment, label="user"):
    return {"id": str(uuid.uuid4()), "ip_address": "%s.%d" % (net, host), "cidr": net + ".0/24", "mtu": 1500,
            "network_type": "vlan" if segment else "flat", "segmentation_id": segment,
            "gateway": "%s.%d" % (net, GATEWAY), "label": label}


def network(net, segment=None, services=(), admin=False):
    """A subnet of a share network as the share manager hands it to a driver: an address for each of two nodes."""
    return {"server_id": str(uuid.uuid4()), "share_network_id": str(uuid.uuid4()), "security_services": list(services),
            "neutron_net_id": str(uuid.uuid4()) if segment else None, "neutron_subnet_id": str(uuid.uuid4()),
            "segmentation_id": segment, "network_type": "vlan" if segment else "flat", "cidr": net + ".0/24",
            "physical_network": None, "backend_details": {}, "subnet_metadata": {},
            "admin_network_allocations": [allocation(net, ADMIN, segment, "admin")] if admin else [],
            "network_allocations": [allocation(net, FIRST + number, segment) for number in range(2)]}


def directory(given):
    """The domain that a simulator has unless it is told of others."""
    return {"id": str(uuid.uuid4()), "type": "active_directory", "dns_ip": "192.0.2.53", "domain": "example.com",
            "user": "Administrator", "password": "password", "ou": "OU=manila", "server": None,
            "default_ad_site": None, "status": "new", "name": "ad"}


def flow(step, host, given):
    step("do_setup", host.driver.do_setup, host.context)
    step("check_for_setup_error", host.driver.check_for_setup_error)
    if step.failed:
        return
    stats = step("get_share_stats", host.driver.get_share_stats, refresh=True) or {}
    pool = step("a pool", drive.first, stats.get("pools", []), False)
    step("an address for each node", lambda: check(host.driver.get_network_allocations_number() == 2, "2", "not 2"))
    nets = ["%s%d" % (given.net, number) for number in range(4)]
    with_server(step, host, given, "in a VLAN", network(nets[0], 101, admin=True), pool, "NFS")
    with_server(step, host, given, "in the same VLAN", network(nets[1], 101), pool, "NFS")
    with_server(step, host, given, "in no VLAN", network(nets[2]), pool, "NFS")
    with_server(step, host, given, "of a domain", network(nets[3], 102, [directory(given)]), pool, "CIFS")


def with_server(step, host, given, where, subnet, pool, protocol):
    """The life of a share server and of one share on it."""
    driver, context = host.driver, host.context
    details = step("setup_server " + where, driver.setup_server, [subnet], metadata={})
    if not details:
        return
    server = {"id": subnet["server_id"], "identifier": subnet["server_id"], "backend_details": details,
              "share_network_subnets": [subnet], "status": "active",
              "network_allocations": subnet["network_allocations"] + subnet["admin_network_allocations"]}
    addresses = sorted(one["ip_address"] for one in server["network_allocations"])
    share = dict(host.share(pool, 1, protocol), share_server=server, share_server_id=server["id"])

    def create():
        exports = driver.create_share(context, share, share_server=server)
        split = "\\" if protocol == "CIFS" else ":"
        found = sorted(export["path"].lstrip("\\").split(split)[0] for export in exports)
        check(found == addresses, "a path at each of " + ", ".join(addresses), exports)
        share.update(export_locations=exports, status="available")

    def access(*rules, added=(), gone=()):
        driver.update_access(context, share, list(rules), list(added), list(gone), [], share_server=server)

    def listens():
        for address in addresses:
            socket.create_connection((address, given.nfs_port), timeout=5).close()

    step("create_share " + where, create)
    if given.nfs_port:
        step("its addresses listen", listens)
    one = drive.rule("10.0.0.1", "rw") if protocol == "NFS" else drive.rule("DOMAIN\\bob", "rw", "user")
    step("update_access to one rule", access, one, added=[one])
    step("update_access to none", access, gone=[one])
    step("extend_share to 2 GiB", driver.extend_share, share, 2, share_server=server)
    step("shrink_share to 1 GiB", driver.shrink_share, share, 1, share_server=server)
    step("delete_share", driver.delete_share, context, share, share_server=server)
    step("teardown_server " + where, driver.teardown_server, details, security_services=subnet["security_services"])
    step("teardown_server again, when it is gone", driver.teardown_server, details, security_services=[])


def main():
    parser = drive.arguments(__doc__)
    parser.add_argument("--net", required=True, help="the start of four networks: 127.40.1 has 127.40.10 to 127.40.13")
    parser.add_argument("--nfs-port", type=int, help="look whether this port listens at the addresses of share servers")
    given = parser.parse_args()
    step = Steps(given.deadline)
    with tempfile.TemporaryDirectory(prefix="manilad-reference-") as state:
        host = step("configuration, database, driver", drive.Host, pathlib.Path(state), given, servers=True)
        if host:
            flow(step, host, given)
        step.finish()


if __name__ == "__main__":
    main()
