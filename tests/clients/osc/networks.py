"""A tenant's day with `openstack share network ...`, `... network subnet ...` and `openstack share security service ...`.

    $MANILAD_PEERS/osc/bin/python networks.py --endpoint http://127.0.0.1:8786/v2      noauth
    OS_AUTH_URL=... OS_USERNAME=... $MANILAD_PEERS/osc/bin/python networks.py          Keystone
    ... networks.py --tenant                                                           without what takes an administrator

As in `flow.py`, the client's own shell runs the commands, unaltered. Nothing here needs a share server. The client looks for
a Neutron before it makes a network, and there is none, so a clouds.yaml says so; what it would ask Neutron is left out.
"""

import argparse
import contextlib
import os
import pathlib
import tempfile
import uuid

from flow import OpenStack
from steps import Steps, check

ZONE = "nova"
CLOUDS = "clouds: {here: {has_network: false}}\n"


@contextlib.contextmanager
def without_neutron():
    """Meanwhile the client knows that there is no Neutron."""
    with tempfile.TemporaryDirectory() as folder:
        clouds = pathlib.Path(folder, "clouds.yaml")
        clouds.write_text(CLOUDS)
        os.environ.update(OS_CLIENT_CONFIG_FILE=str(clouds), OS_CLOUD="here")
        yield


def services(step, openstack, tag):
    """Two directories of one type and one of another; answers their ids."""
    name = "osc-ldap-" + tag

    def create(kind, name, *more):
        made = openstack.json("share security service create", kind, "--name", name, *more)
        check(made["type"] == kind and made["name"] == name and made["status"] == "new", "a new " + kind, made)
        return made["id"]

    def set_and_unset(service):
        openstack("share security service set", service, "--dns-ip", "10.0.0.2", "--default-ad-site", "there")
        shown = openstack.json("share security service show", service)
        check(shown["dns_ip"] == "10.0.0.2" and shown["default_ad_site"] == "there", "what was set", shown)
        openstack("share security service unset", service, "--dns-ip", "--default-ad-site")
        shown = openstack.json("share security service show", service)
        check(not shown["dns_ip"] and shown["user"] == "joiner", "what was left", shown)

    first = step("security service create", create, "ldap", name, "--user", "joiner", "--password", "secret", "--ou", "o")
    second = step("security service create, the second", create, "ldap", name + "-2")
    other = step("security service create of another type", create, "kerberos", "osc-krb-" + tag, "--domain", "EXAMPLE")
    step("security service set and unset", set_and_unset, str(first))
    step("security service list", has_row, openstack, "share security service list", first)
    step("security service list --detail --type", has_row, openstack, "share security service list", other,
         "--detail", "--type", "kerberos")
    step("security service list --name", has_row, openstack, "share security service list", first, "--name", name)
    return first, second, other


def has_row(openstack, command, value, *more):
    rows = openstack.json(command, *more)
    return check(value in [row["ID"] for row in rows], "a row with " + str(value), rows)


def has_no_row(openstack, command, value, *more):
    rows = openstack.json(command, *more)
    check(value not in [row["ID"] for row in rows], "no " + str(value), rows)


def refused(openstack, *words):
    try:
        openstack(*words)
    except RuntimeError as refusal:
        return str(refusal)
    return check(False, "a refusal", words)


def flow(step, openstack, given):
    tag = uuid.uuid4().hex[:8]
    name = "osc-network-" + tag
    first, second, other = services(step, openstack, tag)

    def create():
        made = openstack.json("share network create", "--name", name, "--description", "d")
        check(made["name"] == name and made["status"] == "active", "an active network", made)
        subnet, = made["share_network_subnets"]
        check(subnet["availability_zone"] is None, "its default subnet", subnet)
        return made["id"], subnet["id"]

    def show(**expected):
        shown = openstack.json("share network show", name)
        check(all(shown[key] == value for key, value in expected.items()), expected, shown)
        return shown

    def attached():
        return sorted(row["security_service_id"] for row in show()["security_services"])

    def set_network():
        openstack("share network set", name, "--description", "other", "--neutron-net-id", "net2",
                  "--neutron-subnet-id", "sub2")
        subnet, = show(description="other")["share_network_subnets"]
        check(subnet["neutron_net_id"] == "net2" and subnet["neutron_subnet_id"] == "sub2", "what was set", subnet)

    def attach():
        openstack("share network set", name, "--new-security-service", first, "--check-only")
        check(attached() == [], "no service, for it was only asked", attached())
        openstack("share network set", name, "--new-security-service", first)
        openstack("share network set", name, "--new-security-service", other)
        check(attached() == sorted([first, other]), "both services", attached())

    def swap():
        words = ("--current-security-service", first, "--new-security-service", second)
        openstack("share network set", name, *words, "--check-only")
        openstack("share network set", name, *words)
        check(attached() == sorted([second, other]), "the second in the place of the first", attached())

    def subnet_create():
        words = (name, "--availability-zone", ZONE)
        asked = openstack.json("share network subnet create", *words, "--check-only")
        check(asked["compatible"] is True, "yes", asked)
        made = openstack.json("share network subnet create", *words, "--property", "team=blue")
        check(made["availability_zone"] == ZONE and made["metadata"] == {"team": "blue"}, "a subnet in " + ZONE, made)
        return made["id"]

    def subnet_properties(subnet):
        openstack("share network subnet set", name, subnet, "--property", "floor=2")
        shown = openstack.json("share network subnet show", name, subnet)
        check(shown["properties"] == {"team": "blue", "floor": "2"}, "both properties", shown)
        openstack("share network subnet unset", name, subnet, "--property", "team")
        shown = openstack.json("share network subnet show", name, subnet)
        check(shown["properties"] == {"floor": "2"}, "the other property", shown)

    network, _ = step("network create", create) or (None, None)
    step("network show by name", show, id=network, description="d")
    step("network list --detail", has_row, openstack, "share network list", network, "--detail")
    step("network list --name~", has_row, openstack, "share network list", network, "--name~", tag)
    step("network list by another's subnet", has_no_row, openstack, "share network list", network,
         "--neutron-net-id", "zz")
    step("network set", set_network)
    step("network set --new-security-service", attach)
    step("network set with a second of one type", refused, openstack, "share network set", name,
         "--new-security-service", str(second))
    step("network set --current-security-service", swap)
    step("security service list --share-network", has_row, openstack, "share security service list", second,
         "--share-network", name)
    step("security service delete of one in use", refused, openstack, "share security service delete", str(second))
    subnet = step("network subnet create", subnet_create)
    step("network subnet set and unset", subnet_properties, str(subnet))
    step("network delete with two subnets", refused, openstack, "share network delete", name)
    if given.admin:
        step("network set --status", openstack, "share network set", name, "--status", "error")
        step("network show --status", show, status="error")
        step("network set --status back", openstack, "share network set", name, "--status", "active")
    step("network subnet delete", openstack, "share network subnet delete", name, str(subnet))
    for service in (second, other):
        step("network unset --security-service", openstack, "share network unset", name, "--security-service", str(service))
    step("network delete --wait", openstack, "share network delete --wait", name)
    step("network list without it", has_no_row, openstack, "share network list", network)
    step("security service delete", openstack, "share security service delete", str(first), str(second), str(other))
    step("security service list without them", has_no_row, openstack, "share security service list", first)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--endpoint", help="address of a service without authentication")
    arguments.add_argument("--tenant", dest="admin", action="store_false")
    arguments.add_argument("--deadline", type=int, default=300, help="seconds for the whole flow")
    given = arguments.parse_args()
    if given.endpoint:
        os.environ.update(OS_AUTH_TYPE="none", OS_ENDPOINT=given.endpoint)
    step = Steps(given.deadline)
    with without_neutron():
        flow(step, OpenStack(), given)
    step.finish()


if __name__ == "__main__":
    main()
