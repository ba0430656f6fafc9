"""A tenant's and an operator's day with openstacksdk's `conn.shared_file_system`.

    $MANILAD_PEERS/sdk/bin/python flow.py --endpoint http://127.0.0.1:8786/v2                        noauth
    OS_AUTH_URL=... OS_USERNAME=... $MANILAD_PEERS/sdk/bin/python flow.py --microversion 2.82        Keystone

Without --microversion the library negotiates one for access rules, export locations and zones, and sends none with its
other calls, which must be answered as 2.0: there the share itself lists its exports. With one it is the default of all
calls.
"""

import argparse
import os
import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from steps import Steps, check, until  # noqa: E402

import openstack  # noqa: E402
from openstack import exceptions  # noqa: E402


def connect(given):
    options = {"shared_file_system_default_microversion": given.microversion} if given.microversion else {}
    if given.endpoint:
        options.update(auth_type="none", endpoint=given.endpoint, shared_file_system_endpoint_override=given.endpoint)
    cloud = openstack.connect(load_yaml_config=False, **options)
    if given.endpoint:
        # Without authentication a token still says who calls; the library sends none when it looks for versions.
        cloud.session.additional_headers["X-Auth-Token"] = "admin:admin"
    return cloud.shared_file_system  # looks for the service at once


def flow(step, files, given):
    tag = uuid.uuid4().hex[:8]
    name, kind = "sdk-share-" + tag, given.share_type or "sdk-type-" + tag
    modern = given.microversion is not None

    def create_type():
        made = files.create_share_type(name=kind, extra_specs={
            "driver_handles_share_servers": "False", "snapshot_support": "True"})
        return check(made.name == kind, "type " + kind, made)

    def some(rows, *fields):
        rows = list(rows)
        check(rows and all(getattr(row, field) for row in rows for field in fields), "rows with %s" % (fields,), rows)

    def create_share():
        made = files.create_share(share_protocol="NFS", size=1, name=name, share_type=kind, metadata={"team": "blue"})
        made = files.wait_for_status(made, status="available", failures=["error"], interval=0.2, wait=60)
        return check(made.size == 1, "1 GiB", made)

    def get_share(share):
        found = files.get_share(share.id)
        check(found.name == name and found.metadata == {"team": "blue"}, "name and metadata as given", found)

    def find_share(share):
        found = files.find_share(name, ignore_missing=False)
        check(found.id == share.id, share.id, found)

    def list_shares(share):
        ids = [row.id for row in files.shares(details=False)]
        check(share.id in ids, share.id, ids)

    def export_locations(share):
        paths = [row.path for row in files.export_locations(share.id)]
        check(paths and all(":/" in path for path in paths), "paths of the form address:/path", paths)
        if not modern:
            listed = files.get("/shares/%s" % share.id).json()["share"]["export_locations"]
            check(sorted(listed) == sorted(paths), "the same %s in the share" % paths, listed)

    def allow(share):
        rule = files.create_access_rule(share.id, access_type="ip", access_to=given.client, access_level="rw")
        until(lambda: files.get_access_rule(rule.id).state == "active")
        return rule

    def list_rules(share, rule):
        found = [row for row in files.access_rules(share.id) if row.id == rule.id]
        check(found and found[0].access_to == given.client, "the rule", found)

    def deny(share, rule):
        files.delete_access_rule(rule.id, share.id)
        until(lambda: not list(files.access_rules(share.id)))

    def rename(share):
        renamed = files.update_share(share.id, display_description="said later")
        check(renamed.description == "said later", "the new description", renamed)

    def metadata(share):
        files.create_share_metadata(share.id, stage="test")
        found = files.get_share_metadata(share.id).metadata
        check(found == {"team": "blue", "stage": "test"}, "two entries", found)
        check(files.get_share_metadata_item(share.id, "stage").metadata == {"stage": "test"}, "one entry", share.id)
        files.update_share_metadata(share.id, {"stage": "live"})
        files.delete_share_metadata(share.id, ["stage"])
        found = files.get_share_metadata(share.id).metadata
        check(found == {"team": "blue"}, "what was there before", found)

    def instances(share):
        found = [row for row in files.share_instances() if row.share_id == share.id]
        check(len(found) == 1, "one instance of the share", found)
        for status in ("error", "available"):
            files.reset_share_instance_status(found[0].id, status)
            seen = files.get_share_instance(found[0].id).status
            check(seen == status, status, seen)

    def snapshots(share):
        taken = files.create_share_snapshot(share_id=share.id, name=name, description="d")
        files.wait_for_status(taken, status="available", failures=["error"], interval=0.2, wait=60)
        found = [row for row in files.share_snapshots() if row.id == taken.id]
        check(len(found) == 1 and found[0].share_id == share.id, "the snapshot of the share", found)
        changed = files.update_share_snapshot(taken.id, display_name=name + "-b")
        check(changed.name == name + "-b", "the new name", changed)
        files.delete_share_snapshot(taken.id, ignore_missing=False)
        files.wait_for_delete(taken, interval=0.2, wait=60)

    def locks(share):
        lock = files.create_resource_lock(resource_id=share.id, resource_type="share", resource_action="delete")
        check(lock.id in [row.id for row in files.resource_locks()], "the lock", lock)
        files.delete_resource_lock(lock.id, ignore_missing=False)

    def delete(share):
        files.delete_share(share.id, ignore_missing=False)
        files.wait_for_delete(share, interval=0.2, wait=60)

    def delete_type():
        ident = next(row.id for row in files.share_types() if row.name == kind)
        files.delete_share_type(ident, ignore_missing=False)

    def missing(share):
        try:
            files.get_share(share.id)
        except exceptions.NotFoundException:
            return
        check(False, "no such share", share.id)

    if given.admin and not given.share_type:
        step("create_share_type", create_type)
        if modern:
            step("services", lambda: some(files.services(), "binary", "host", "state"))
        step("storage_pools", lambda: some(files.storage_pools(), "name", "host", "backend"))
    step("availability_zones", lambda: some(files.availability_zones(), "id", "name"))
    share = step("create_share and wait_for_status", create_share)
    step("get_share", lambda: get_share(share))
    step("find_share by name", lambda: find_share(share))
    step("shares", lambda: list_shares(share))
    step("export_locations", lambda: export_locations(share))
    rule = step("create_access_rule", lambda: allow(share))
    step("access_rules", lambda: list_rules(share, rule))
    step("delete_access_rule", lambda: deny(share, rule))
    step("share metadata", lambda: metadata(share))
    step("limits", lambda: list(files.limits()))
    if modern and given.admin and not given.share_type:
        step("share_instances", lambda: instances(share))
    if modern:
        step("user_messages", lambda: list(files.user_messages()))
        if given.admin and not given.share_type:
            step("share_snapshots", lambda: snapshots(share))
            step("resource_locks", lambda: locks(share))
    step("update_share", lambda: rename(share))
    step("delete_share and wait_for_delete", lambda: delete(share))
    step("get_share of what is gone", lambda: missing(share))
    if given.admin and not given.share_type:
        step("delete_share_type", delete_type)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--endpoint", help="address of a service without authentication")
    arguments.add_argument("--microversion", help="default microversion of all calls, for instance 2.82")
    arguments.add_argument("--share-type", help="an existing type, else one is made; with --tenant: default")
    arguments.add_argument("--client", default="127.0.0.1", help="address that gets access")
    arguments.add_argument("--tenant", dest="admin", action="store_false")
    arguments.add_argument("--deadline", type=int, default=300, help="seconds for the whole flow")
    given = arguments.parse_args()
    if not given.admin and not given.share_type:
        given.share_type = "default"
    step = Steps(given.deadline)
    files = step("connect", connect, given)
    if files:
        flow(step, files, given)
    step.finish()


if __name__ == "__main__":
    main()
