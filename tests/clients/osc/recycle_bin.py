"""A tenant's and an operator's day with the recycle bin: `share delete --soft`, `share list --soft-deleted`, `share restore`.

    $MANILAD_PEERS/osc/bin/python recycle_bin.py --endpoint http://127.0.0.1:8786/v2

As in `flow.py`, the client's own shell runs the commands, unaltered. The share type is made here, so it takes an administrator.
"""

import argparse
import os
import uuid

from flow import OpenStack
from snapshots import refused
from steps import Steps, check, until


def bin_of(openstack, *more):
    return [row["ID"] for row in openstack.json("share list --soft-deleted", *more)]


def listed(openstack, *more):
    return [row["ID"] for row in openstack.json("share list", *more)]


def recycle(step, openstack, share, name):
    """The share put into the bin, looked for there, and taken out."""

    def shown(ident, is_binned):
        found = openstack.json("share show", ident)
        check(found["is_soft_deleted"] == is_binned, "is_soft_deleted %s" % is_binned, found)
        check(bool(found["scheduled_to_be_deleted_at"]) == is_binned, "when it goes, if it does", found)

    def is_in_bin():
        for more in ([], ["--all-projects"], ["--name", name], ["--long"]):
            check(bin_of(openstack, *more) == [share], "the share in the bin", more)
            check(share not in listed(openstack, *more), "no share in the list", more)

    def is_out():
        check(bin_of(openstack) == [], "an empty bin", bin_of(openstack))
        check(share in listed(openstack), "the share in the list", share)

    step("share list --soft-deleted before", is_out)
    step("share delete --soft", openstack, "share delete --soft", share)
    step("share list --soft-deleted, and share list", is_in_bin)
    step("share show by id", shown, share, True)
    step("share show by name", shown, name, True)
    step("share delete --soft again, refused", refused, openstack, "bin", "share delete --soft", share)
    step("share set --name in the bin, refused", refused, openstack, "set", "share set --name other", share)
    step("share resize in the bin, refused", refused, openstack, "bin", "share resize", share, "2")
    step("share access create in the bin, refused", refused, openstack, "bin", "share access create", share, "ip",
         "10.0.0.1")
    step("share restore", openstack, "share restore", share)
    step("share list after", is_out)
    step("share show after", shown, share, False)
    step("share restore again", openstack, "share restore", share)
    step("share resize after", openstack, "share resize --wait", share, "2")
    step("share delete --soft by name", openstack, "share delete --soft", name)
    step("share delete of what is in the bin", openstack, "share delete", share)
    step("until it is gone", until, lambda: not bin_of(openstack, "--all-projects"))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--endpoint", required=True, help="address of a service without authentication")
    given = arguments.parse_args()
    os.environ.update(OS_AUTH_TYPE="none", OS_ENDPOINT=given.endpoint)
    step, openstack, tag = Steps(), OpenStack(), uuid.uuid4().hex[:8]
    kind = "osc-type-" + tag
    step("share type create", openstack, "share type create", kind, "false")
    made = step("share create --wait", openstack.json, "share create NFS 1 --wait --share-type", kind, "--name", kind)
    recycle(step, openstack, str(made and made["id"]), kind)
    step("share type delete", openstack, "share type delete", kind)
    step.finish()


if __name__ == "__main__":
    main()
