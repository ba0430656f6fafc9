"""A tenant's day with share servers: a network in a directory, two shares in it, and everything given back.

    $MANILAD_PEERS/osc/bin/python servers.py make --name blue --endpoint http://127.0.0.1:8786/v2      noauth
    $MANILAD_PEERS/osc/bin/python servers.py remove --name blue --endpoint ...
    OS_AUTH_URL=... OS_USERNAME=... servers.py make --name blue --neutron-net-id ... --neutron-subnet-id ...
    ... --tenant --share-type served                         without what takes an administrator

As in `flow.py`, the client's own shell runs the commands, unaltered. Between the two parts clients can mount the first
share: its export locations are in the file --exports, and --client has access. The directory is the simulated array's.
"""

import argparse
import contextlib
import os
import pathlib

from flow import OpenStack
from networks import has_no_row, has_row, without_neutron
from steps import Steps, check, until

LDAP = ("--dns-ip", "192.0.2.53", "--domain", "example.com", "--user", "Administrator", "--password", "password")


def lifs(openstack, share):
    """Paths of a share, and the addresses in them."""
    paths = [row["Path"] for row in openstack.json("share export location list", share)]
    check(paths, "export locations", paths)
    return paths, sorted(path.rpartition(":")[0] for path in paths)


def make(step, openstack, given):
    name, kind = given.name, given.share_type or given.name
    shares = [name + "-1", name + "-2"]

    def create_type():
        made = openstack.json("share type create", kind, "true")
        check(made["required_extra_specs"] == {"driver_handles_share_servers": "True"}, "share servers", made)

    def create_network():
        words = []
        if given.neutron_net_id:
            words = ["--neutron-net-id", given.neutron_net_id, "--neutron-subnet-id", given.neutron_subnet_id]
        made = openstack.json("share network create", "--name", name, *words)
        subnet, = made["share_network_subnets"]
        check(subnet["neutron_subnet_id"] == given.neutron_subnet_id, "the subnet of Neutron", subnet)
        check(subnet["cidr"] is None, "no addresses before there is a server", subnet)

    def create_service():
        made = openstack.json("share security service create ldap --name", name, *LDAP)
        openstack("share network set", name, "--new-security-service", name)
        has_row(openstack, "share security service list", made["id"], "--share-network", name)

    def create(share, *more):
        return openstack.json("share create NFS 1", "--name", share, "--share-type", kind, "--share-network", name, *more)

    def both_available():
        for share in shares:
            until(lambda: openstack.json("share show", share)["status"] == "available")

    def one_server():
        row, = openstack.json("share server list", "--share-network", name)
        check(row["Status"] == "active", "an active server", row)
        shown = openstack.json("share server show", row["ID"])
        check(shown["share_network_name"] == name and shown["status"] == "active", "a server of " + name, shown)
        for share in shares:
            found = openstack.json("share show", share)["share_server_id"]
            check(found == row["ID"], "both shares on server " + row["ID"], found)

    def subnet_is_known():
        subnet, = openstack.json("share network show", name)["share_network_subnets"]
        check(subnet["cidr"] and subnet["ip_version"] == 4, "the subnet's addresses", subnet)

    def export_locations():
        paths, first = lifs(openstack, shares[0])
        check(first == lifs(openstack, shares[1])[1], "both shares at the same addresses", first)
        pathlib.Path(given.exports).write_text("\n".join(paths))

    def allow():
        openstack("share access create --access-level rw", shares[0], "ip", given.client)
        until(lambda: [row["State"] for row in openstack.json("share access list", shares[0])] == ["active"])

    def service_is_held():
        try:
            openstack("share network unset", name, "--security-service", name)
        except RuntimeError:
            return
        check(False, "a refusal", "a server outside of its directory")

    if not given.share_type:
        step("share type create true", create_type)
    step("share network create", create_network)
    step("share security service create, and set in the network", create_service)
    step("share create", create, shares[0])
    step("share create --wait of a second meanwhile", create, shares[1], "--wait")
    step("share show of both", both_available)
    if given.admin:
        step("share server list and show", one_server)
    step("share network show", subnet_is_known)
    step("share export location list", export_locations)
    step("share network unset --security-service under a server", service_is_held)
    step("share access create", allow)


def remove(step, openstack, given):
    name = given.name

    def no_server():
        rows = openstack.json("share server list")
        return network not in [row["Share Network ID"] for row in rows]

    def hand_over():
        row, = openstack.json("share server list", "--share-network", name)
        shown = openstack.json("share server show", row["ID"])
        openstack("share server abandon --wait", row["ID"])
        words = [shown["host"], name, row["ID"]]
        adopted = openstack.json("share server adopt --wait", *words)
        check(adopted["status"] == "active", "an active server", adopted)
        check(adopted["is_auto_deletable"] is False, "a server that does not go by itself", adopted)
        openstack("share server delete", adopted["id"])

    network = step("share network show", lambda: openstack.json("share network show", name)["id"])
    step("share delete --wait of both", openstack, "share delete --wait", name + "-1", name + "-2")
    if given.admin:
        step("share server abandon, adopt by the id in its name, and delete", hand_over)
        step("share server list without it", until, no_server)
    step("share network delete", openstack, "share network delete", name)
    step("share network list without it", has_no_row, openstack, "share network list", network)
    step("share security service delete", openstack, "share security service delete", name)
    if given.admin:
        step("share server list without its server", until, no_server)
    if not given.share_type:
        step("share type delete", openstack, "share type delete", name)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("part", choices=["make", "remove"])
    arguments.add_argument("--name", required=True, help="of everything that is made")
    arguments.add_argument("--endpoint", help="address of a service without authentication")
    arguments.add_argument("--neutron-net-id", help="with --neutron-subnet-id: where Neutron gives the addresses")
    arguments.add_argument("--neutron-subnet-id")
    arguments.add_argument("--share-type", help="an existing type, else one is made")
    arguments.add_argument("--client", default="127.0.0.1", help="who gets access to the first share")
    arguments.add_argument("--exports", default=os.devnull, help="the file for the first share's export locations")
    arguments.add_argument("--tenant", dest="admin", action="store_false")
    arguments.add_argument("--deadline", type=int, default=300, help="seconds for the whole part")
    given = arguments.parse_args()
    if given.endpoint:
        os.environ.update(OS_AUTH_TYPE="none", OS_ENDPOINT=given.endpoint)
    step = Steps(given.deadline)
    with without_neutron() if given.endpoint else contextlib.nullcontext():
        {"make": make, "remove": remove}[given.part](step, OpenStack(), given)
    step.finish()


if __name__ == "__main__":
    main()
