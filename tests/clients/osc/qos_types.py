"""An operator's day with `openstack share qos type ...`, and a share of a type that names one.

    $MANILAD_PEERS/osc/bin/python qos_types.py --endpoint http://127.0.0.1:8786/v2

As in `flow.py`, the client's own shell runs the commands, unaltered. It takes an administrator.
"""

import argparse
import os
import uuid

from flow import OpenStack
from snapshots import refused
from steps import Steps, check


def qos_types(step, openstack, tag):
    name = "osc-qos-" + tag

    def create():
        made = openstack.json("share qos type create", name, "--description", "for a test",
                              "--spec", "policy_type=fixed", "--spec", "max_throughput_iops=100")
        check(made["name"] == name and made["description"] == "for a test", "a QoS type " + name, made)
        check(made["specs"] == {"policy_type": "fixed", "max_throughput_iops": "100"}, "two specs", made["specs"])

    def change():
        openstack("share qos type set", name, "--description", "said later", "--spec", "max_throughput_mbps=5")
        shown = openstack.json("share qos type show", name)
        check(shown["description"] == "said later", "the new description", shown)
        check(shown["specs"].get("max_throughput_mbps") == "5" and len(shown["specs"]) == 3, "three specs", shown["specs"])
        openstack("share qos type unset", name, "--description", "--spec", "max_throughput_mbps")
        shown = openstack.json("share qos type show", name)
        check(not shown["description"] and len(shown["specs"]) == 2, "no description and two specs", shown)

    def listed(*more):
        rows = openstack.json("share qos type list", *more)
        check([row["Name"] for row in rows] == [name], "the row of the QoS type", rows)

    def use():
        kind = name + "-type"
        openstack("share type create", kind, "false", "--extra-specs", "default_qos_type=" + name)
        made = openstack.json("share create NFS 1 --wait --share-type", kind, "--name", name)
        check(made["status"] == "available", "an available share", made)
        refused(openstack, name, "share qos type delete", name)
        openstack("share delete --wait", name)
        openstack("share type delete", kind)

    step("share qos type create", create)
    step("share qos type create of what is there, refused", refused, openstack, "exists", "share qos type create", name)
    step("share qos type set, unset and show", change)
    step("share qos type list", listed)
    step("share qos type list --name --sort-key", listed, "--name", name, "--sort-key", "name", "--sort-dir", "asc")
    step("share qos type list --name~ --limit", listed, "--name~", tag, "--limit", "1")
    step("share create of a type that names it; share qos type delete, refused meanwhile", use)
    step("share qos type delete", openstack, "share qos type delete", name)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--endpoint", required=True, help="address of a service without authentication")
    given = arguments.parse_args()
    os.environ.update(OS_AUTH_TYPE="none", OS_ENDPOINT=given.endpoint)
    step, openstack = Steps(), OpenStack()
    qos_types(step, openstack, uuid.uuid4().hex[:8])
    step.finish()


if __name__ == "__main__":
    main()
