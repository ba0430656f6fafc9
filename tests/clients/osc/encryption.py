"""A tenant's shares with keys of their own, with the `openstack` client: a share on an encrypted server, and what is refused.

    OS_... $MANILAD_PEERS/osc/bin/python encryption.py --share-type encrypted --key <secret> --foreign-key <secret>

As in `flow.py`, the client's own shell runs the commands, unaltered. It takes a login of Keystone.
"""

import argparse
import uuid

from flow import OpenStack
from snapshots import refused
from steps import Steps, check


def encryption(step, openstack, given):
    name = "osc-key-" + uuid.uuid4().hex[:8]
    create = "share create NFS 1 --wait"

    def wish(key, of=name):
        return ["--share-type", given.share_type, "--share-network", name, "--encryption-key-ref", key, "--name", of]

    def encrypted():
        made = openstack.json(create, *wish(given.key))
        check(made["status"] == "available" and made["encryption_key_ref"] == given.key, "an encrypted share", made)

    def of_others():
        refused(openstack, "may not read it", create, *wish(given.foreign_key, name + "-2"))

    def of_nobody():
        refused(openstack, "no such secret", create, *wish(str(uuid.uuid4()), name + "-3"))

    step("share network create", openstack, "share network create --name", name)
    step("share create --encryption-key-ref", encrypted)
    step("share create with somebody else's key, refused", of_others)
    step("share create with no key, refused", of_nobody)
    step("share delete", openstack, "share delete --wait", name)
    step("share network delete", openstack, "share network delete", name)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--share-type", required=True)
    arguments.add_argument("--key", required=True)
    arguments.add_argument("--foreign-key", required=True)
    given = arguments.parse_args()
    step, openstack = Steps(), OpenStack()
    encryption(step, openstack, given)
    step.finish()


if __name__ == "__main__":
    main()
