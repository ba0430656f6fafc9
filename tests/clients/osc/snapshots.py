"""A tenant's and an operator's day with `openstack share snapshot ...`, `share revert` and `share lock ...`.

    $MANILAD_PEERS/osc/bin/python snapshots.py --endpoint http://127.0.0.1:8786/v2

As in `flow.py`, the client's own shell runs the commands, unaltered. The share type is made here, so it takes an administrator.
"""

import argparse
import os
import uuid

from flow import OpenStack
from steps import Steps, check, until

ABILITIES = ("snapshot_support", "create_share_from_snapshot_support", "revert_to_snapshot_support")


def refused(openstack, word, *words):
    """A command that is refused, with `word` in what it says."""
    try:
        openstack(*words)
    except RuntimeError as refusal:
        return check(word in str(refusal), "a refusal with the word " + word, refusal)
    return check(False, "a refusal", "none")


def snapshots(step, openstack, share, tag):
    """Snapshots of the share, taken, changed and given back."""
    name = "osc-snapshot-" + tag

    def create(name, *more):
        made = openstack.json("share snapshot create --wait", share, "--name", name, *more)
        check(made["status"] == "available" and made["size"] == 1, "an available snapshot of 1 GiB", made)
        return made["id"]

    def change(snapshot):
        openstack("share snapshot set", snapshot, "--description", "said later", "--property", "stage=test")
        shown = openstack.json("share snapshot show", name)
        check(shown["description"] == "said later", "the new description", shown)
        check(shown["properties"]["stage"] == "test", "the property", shown["properties"])
        openstack("share snapshot unset", snapshot, "--description", "--property", "stage")
        shown = openstack.json("share snapshot show", snapshot)
        check(not shown["description"] and "stage" not in shown["properties"], "neither of them", shown)

    def listed(snapshot, *more):
        rows = openstack.json("share snapshot list", *more)
        check(snapshot in [row["ID"] for row in rows], "a row of the snapshot", rows)

    def says_status(snapshot):
        for status in ("error", "available"):
            openstack("share snapshot set", snapshot, "--status", status)
            until(lambda: openstack.json("share snapshot show", snapshot)["status"] == status)

    def instance(snapshot):
        rows = openstack.json("share snapshot instance list --detailed --snapshot", snapshot)
        check(len(rows) == 1 and rows[0]["Share ID"], "its one instance", rows)
        shown = openstack.json("share snapshot instance show", rows[0]["ID"])
        check(shown["snapshot_id"] == snapshot, "the instance of the snapshot", shown)

    def clone(snapshot):
        made = openstack.json("share create NFS 2 --wait --snapshot-id", snapshot, "--name", "osc-clone-" + tag)
        check(made["status"] == "available" and made["snapshot_id"] == snapshot, "a share of the snapshot", made)

    def hand_over(snapshot):
        where = openstack.json("share snapshot show", snapshot)["provider_location"]
        openstack("share snapshot abandon --wait", snapshot)
        adopted = openstack.json("share snapshot adopt --wait", share, where, "--name", name + "-b")
        check(adopted["status"] == "available", "an available snapshot", adopted)
        return adopted["id"]

    first = str(step("share snapshot create --wait", create, name, "--property", "team=blue"))
    step("share snapshot set and unset", change, first)
    step("share snapshot list", listed, first)
    step("share snapshot list --share --name --detail", listed, first, "--share", share, "--name", name, "--detail")
    step("share snapshot list --property", listed, first, "--property", "team=blue")
    step("share snapshot set --status", says_status, first)
    step("share snapshot instance list and show", instance, first)
    step("share create --snapshot-id", clone, first)
    step("share snapshot list --usage used", listed, first, "--usage", "used", "--all-projects")
    step("share revert --wait", openstack, "share revert --wait", first)
    step("share snapshot export location list", openstack, "share snapshot export location list", first)
    step("share snapshot access create, refused", refused, openstack, "mount", "share snapshot access create", first,
         "ip", "10.0.0.1")
    step("share delete while it has a snapshot, refused", refused, openstack, "snapshots", "share delete", share)
    second = str(step("share snapshot create of another", create, name + "-c"))
    step("share revert to what is not the newest, refused", refused, openstack, "newest", "share revert", first)
    step("share snapshot delete --wait", openstack, "share snapshot delete --wait", second)
    third = str(step("share snapshot abandon and adopt", hand_over, first))
    step("share snapshot delete --force --wait", openstack, "share snapshot delete --force --wait", third)
    step("share delete of the clone", openstack, "share delete --wait", "osc-clone-" + tag)


def locks(step, openstack, share):
    """Locks of the share and of an access rule of it."""

    def lock():
        made = openstack.json("share lock create", share, "share", "--lock-reason", "kept")
        check(made["resource_id"] == share and made["lock_reason"] == "kept", "a lock on the share", made)
        return made["id"]

    def change(ident):
        openstack("share lock set", ident, "--lock-reason", "kept on")
        shown = openstack.json("share lock show", ident)
        check(shown["Lock Reason"] == "kept on", "the new reason", shown)
        openstack("share lock unset", ident, "--lock-reason")
        check(not openstack.json("share lock show", ident)["Lock Reason"], "no reason", ident)
        rows = openstack.json("share lock list --resource", share)
        check(ident in [row["ID"] for row in rows], "a row of the lock", rows)

    def locked_rule():
        rule = openstack.json("share access create --wait --lock-deletion --lock-reason r", share, "ip", "10.0.0.7")
        refused(openstack, "lock", "share access delete", share, rule["id"])
        openstack("share access delete --wait --unrestrict", share, rule["id"])

    ident = str(step("share lock create", lock))
    step("share lock set, unset, show and list", change, ident)
    step("share delete of what is locked, refused", refused, openstack, "lock", "share delete", share)
    step("share lock delete", openstack, "share lock delete", ident)
    step("share access create --lock-deletion, delete --unrestrict", locked_rule)


def hand_over_share(openstack, share, kind):
    """The share is let go of, and the volume that it leaves is taken over as another one, whose id is answered."""
    shown = openstack.json("share show", share)
    where = shown["export_locations"]
    path = where[0]["path"] if isinstance(where, list) else where.split("path = ")[1].split()[0]
    openstack("share abandon --wait", share)
    name = kind + "-again"
    adopted = openstack.json("share adopt --wait", shown["host"], "NFS", path, "--share-type", kind, "--name", name)
    check(adopted["status"] == "available" and adopted["size"] == shown["size"], "an available share", adopted)
    return adopted["id"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--endpoint", required=True, help="address of a service without authentication")
    given = arguments.parse_args()
    os.environ.update(OS_AUTH_TYPE="none", OS_ENDPOINT=given.endpoint)
    step, openstack, tag = Steps(), OpenStack(), uuid.uuid4().hex[:8]
    kind = "osc-type-" + tag
    specs = ["%s=True" % ability for ability in ABILITIES]
    step("share type create", openstack, "share type create", kind, "false", "--extra-specs", *specs)
    made = step("share create --wait", openstack.json, "share create NFS 1 --wait --share-type", kind, "--name", kind)
    share = str(made and made["id"])
    snapshots(step, openstack, share, tag)
    locks(step, openstack, share)
    share = str(step("share abandon and adopt", hand_over_share, openstack, share, kind))
    step("share delete --wait", openstack, "share delete --wait", share)
    step("share type delete", openstack, "share type delete", kind)
    step.finish()


if __name__ == "__main__":
    main()
