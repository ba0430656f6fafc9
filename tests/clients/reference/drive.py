"""The reference Manila driver for NetApp, run as by manila-share, against an ONTAP cluster or what answers like one.

    $MANILAD_PEERS/reference/bin/python drive.py --port 8443 --vserver svm1 --login admin --password ...      cluster
    $MANILAD_PEERS/reference/bin/python drive.py --port 8443 --vserver svm1 --login vsadmin --password ...    SVM only

Mode: driver_handles_share_servers = False, REST client; servers.py has the other one. Nothing of Manila is replaced: the
driver is loaded through its public name with a manila.conf, and share types and the driver's private data are rows in an
SQLite database made from Manila's own models. Only the API, the scheduler, the share manager and the message bus are not
there.
"""

import argparse
import datetime
import logging
import pathlib
import sys
import tempfile
import uuid
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from steps import Steps, check  # noqa: E402

warnings.filterwarnings("ignore")

BACKEND = "alpha"
DRIVER = "manila.share.drivers.netapp.common.NetAppDriver"
CONFIGURATION = """
[DEFAULT]
state_path = {state}
log_file = {state}/manila.log
enabled_share_backends = {backend}
[database]
connection = sqlite:///{state}/manila.db
[oslo_concurrency]
lock_path = {state}/locks
[coordination]
backend_url = file://{state}/coordination
[{backend}]
share_driver = {driver}
share_backend_name = {backend}
driver_handles_share_servers = {servers}
netapp_storage_family = ontap_cluster
netapp_use_legacy_client = False
netapp_server_hostname = {given.host}
netapp_server_port = {given.port}
netapp_transport_type = {given.scheme}
netapp_ssl_cert_verify = {verify}
netapp_login = {given.login}
netapp_password = {given.password}
netapp_vserver = {given.vserver}
netapp_aggregate_name_search_pattern = {given.aggregates}
netapp_enable_flexgroup = {given.flexgroup}
netapp_restrict_lif_creation_per_ha_pair = {servers}
"""


class Host:
    """What of a manila-share host the driver needs: configuration, database, locks."""

    def __init__(self, state, given, servers=False):
        file = state / "manila.conf"
        verify = given.ca or not given.insecure
        text = CONFIGURATION.format(state=state, backend=BACKEND, driver=DRIVER, given=given, verify=bool(verify),
                                    servers=servers)
        file.write_text(text + ("netapp_ssl_cert_path = %s\n" % given.ca if given.ca else ""))

        from oslo_config import cfg
        from manila.common import config  # noqa: F401  registers Manila's options
        from manila import context, coordination
        from manila.db.sqlalchemy import api as database, models
        from manila.share import configuration, driver, drivers_private_data, share_types
        from oslo_utils import importutils

        cfg.CONF(["--config-file", str(file)], project="manila")
        models.BASE.metadata.create_all(database.get_engine())
        coordination.LOCK_COORDINATOR.start()
        self.context = context.get_admin_context()
        self.create_type = lambda name, **specs: share_types.create(
            self.context, name, {"driver_handles_share_servers": str(servers), **specs})
        self.type = self.create_type("nfs")
        settings = configuration.Configuration(driver.share_opts, config_group=BACKEND)
        storage = drivers_private_data.DriverPrivateData(context=self.context, backend_host="h@" + BACKEND)
        self.driver = importutils.import_object(DRIVER, configuration=settings, private_storage=storage)

    def share(self, pool, gib, protocol="NFS", kind=None):
        """A share instance as the share manager hands it to a driver: a plain dictionary."""
        return {
            "id": str(uuid.uuid4()), "share_id": str(uuid.uuid4()), "host": "h@%s#%s" % (BACKEND, pool),
            "status": "creating", "size": gib, "share_proto": protocol, "share_type_id": (kind or self.type)["id"],
            "share_type_name": "nfs", "display_name": "drive", "project_id": uuid.uuid4().hex,
            "user_id": uuid.uuid4().hex, "share_server": None, "share_network_id": None, "share_group_id": None,
            "snapshot_id": None, "qos_type_id": None, "mount_point_name": None, "metadata": {}, "export_locations": []}


def rule(to, level, kind="ip"):
    return {"access_id": str(uuid.uuid4()), "access_type": kind, "access_to": to, "access_level": level}


def flow(step, host, given):
    driver, context = host.driver, host.context

    def pools():
        stats = driver.get_share_stats(refresh=True)
        check(stats["vendor_name"] == "NetApp" and stats["storage_protocol"] == "NFS_CIFS", "NetApp's stats", stats)
        for pool in stats["pools"]:
            free, total = pool["free_capacity_gb"], pool["total_capacity_gb"]
            # An SVM account can't see how large an aggregate is: the driver then says so in this word.
            check(free > 0 and (total == "unknown" or free <= total), "free capacity within the total", pool)
        return check(stats["pools"], "at least one pool", stats)["pools"]

    def paths(exports):
        found = sorted(location["path"] for location in exports)
        well_formed = found and all(":/" in path or path.startswith("\\\\") for path in found)
        return check(well_formed, r"paths of the form address:/path or \\address\share", found)

    def create(share, call, *more, **named):
        exports = call(context, share, *more, share_server=None, **named)
        paths(exports)
        share.update(export_locations=exports, status="available")

    def still_there(share):
        found = driver.ensure_shares(context, [share])[share["id"]]
        check(paths(found["export_locations"]) == paths(share["export_locations"]), "the paths of before", found)

    def access(share, *rules, added=(), gone=()):
        driver.update_access(context, share, list(rules), list(added), list(gone), [], share_server=None)

    step("do_setup", driver.do_setup, context)
    step("check_for_setup_error", driver.check_for_setup_error)
    if step.failed:
        return
    offered = step("get_share_stats", pools) or []
    pool = step("a pool for FlexVols", first, offered, False)
    share = host.share(pool, 1)
    step("create_share on pool %s" % pool, create, share, driver.create_share)
    step("ensure_shares finds it", still_there, share)
    one, net, six = rule("10.0.0.1", "rw"), rule("10.0.0.0/24", "ro"), rule("fd00::/64", "ro")
    step("update_access to one rule", access, share, one, added=[one])
    step("update_access to three rules", access, share, one, net, six, added=[net, six])
    step("update_access to two rules", access, share, net, six, gone=[one])
    step("update_access from scratch", access, share, one)
    step("update_access to none", access, share)
    step("extend_share to 2 GiB", driver.extend_share, share, 2, share_server=None)
    step("shrink_share to 1 GiB", driver.shrink_share, share, 1, share_server=None)
    if given.snapshots:
        snapshots(step, host, share, pool, create)
    if given.manage:
        share = managed(step, host, share, pool, still_there, access) or share
    step("delete_share", driver.delete_share, context, share, share_server=None)
    step("delete_share again, when it is gone", driver.delete_share, context, share, share_server=None)
    if given.cifs:
        over_smb(step, host, host.share(pool, 1, "CIFS"), create, still_there, access)
    if given.limits:
        kind = step("a share type with a limit", lambda: host.create_type(
            "limited", **{"qos": "True", "netapp:maxiops": "1000"}))
        limited(step, host, host.share(pool, 1, kind=kind), create)
    if given.flexgroup:
        group = step("a pool for FlexGroups", first, offered, True)
        in_flexgroup(step, host, host.share(group, 900), create, still_there, access)


def first(pools, flexgroup):
    """The name of the first pool for volumes of that style."""
    names = [pool["pool_name"] for pool in pools if pool["netapp_flexgroup"] == flexgroup]
    return check(names, "at least one", pools) and names[0]


def over_smb(step, host, share, create, still_there, access):
    driver, context = host.driver, host.context
    step("create_share over SMB", create, share, driver.create_share)
    step("ensure_shares finds it", still_there, share)
    bob, alice = rule("DOMAIN\\bob", "rw", "user"), rule("alice", "ro", "user")
    step("update_access to two users", access, share, bob, alice, added=[bob, alice])
    less = dict(bob, access_level="ro")
    step("update_access from rw to ro", access, share, less, alice)
    step("update_access to one user", access, share, alice, gone=[bob])
    step("update_access to none", access, share)
    step("extend_share to 2 GiB", driver.extend_share, share, 2, share_server=None)
    step("delete_share over SMB", driver.delete_share, context, share, share_server=None)


def limited(step, host, share, create):
    driver, context = host.driver, host.context
    step("create_share with a QoS policy", create, share, driver.create_share)
    step("extend_share to 2 GiB", driver.extend_share, share, 2, share_server=None)
    step("delete_share with its QoS policy", driver.delete_share, context, share, share_server=None)


def in_flexgroup(step, host, share, create, still_there, access):
    driver, context = host.driver, host.context
    step("create_share in a FlexGroup", create, share, driver.create_share)
    step("ensure_shares finds it", still_there, share)
    one = rule("10.0.0.1", "rw")
    step("update_access to one rule", access, share, one, added=[one])
    step("extend_share to 1000 GiB", driver.extend_share, share, 1000, share_server=None)
    step("shrink_share to 900 GiB", driver.shrink_share, share, 900, share_server=None)
    step("delete_share in a FlexGroup", driver.delete_share, context, share, share_server=None)


def managed(step, host, share, pool, still_there, access):
    """The volume of a share that was let go of, taken over as another one; what that is."""
    driver, again = host.driver, host.share(pool, 0)
    again.update(status="manage_starting", export_locations=share["export_locations"],
                 created_at=datetime.datetime.now(datetime.timezone.utc))

    def manage():
        found = driver.manage_existing(again, {})
        check(found["size"] == share["size"], "the size of the volume, %s GiB" % share["size"], found)
        again.update(size=found["size"], export_locations=found["export_locations"], status="available")
        return again

    step("unmanage", driver.unmanage, share)
    if not step("manage_existing", manage):
        return None
    step("ensure_shares finds it under its new name", still_there, again)
    one, nowhere = rule("10.0.0.1", "rw"), "10.0.0.1:/nothing_is_here"
    step("update_access to one rule", access, again, one, added=[one])
    step("manage_existing of a path where nothing is", refused, driver.manage_existing,
         dict(again, export_locations=[{"path": nowhere}], export_location=nowhere), {})
    return again


def refused(call, *more):
    from manila import exception
    try:
        found = call(*more)
    except exception.ManageInvalidShare:
        return True
    return check(False, "a refusal", found)


def snapshots(step, host, share, pool, create):
    driver, context = host.driver, host.context
    snapshot = {"id": str(uuid.uuid4()), "share_id": share["id"], "share_instance_id": share["id"], "size": 1,
                "share": share, "provider_location": None}
    snapshot.update(step("create_snapshot", driver.create_snapshot, context, snapshot, share_server=None) or {})
    step("revert_to_snapshot", driver.revert_to_snapshot, context, snapshot, [], [], share_server=None)
    clone = host.share(pool, 1)
    step("create_share_from_snapshot", create, clone, driver.create_share_from_snapshot, snapshot, parent_share=share)
    step("delete_share of the clone", driver.delete_share, context, clone, share_server=None)
    step("delete_snapshot", driver.delete_snapshot, context, snapshot, share_server=None)


def arguments(about):
    """What both modes are told of the array."""
    arguments = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--scheme", choices=["http", "https"], default="https")
    arguments.add_argument("--ca", help="certificate authorities to trust, PEM")
    arguments.add_argument("--insecure", action="store_true", help="accept any certificate")
    arguments.add_argument("--login", default="admin")
    arguments.add_argument("--password", required=True)
    arguments.add_argument("--vserver", default="svm1")
    arguments.add_argument("--aggregates", default="(.*)", help="pattern for the names of aggregates to use")
    arguments.add_argument("--flexgroup", action="store_true", help="a share in a FlexGroup over all aggregates too")
    arguments.add_argument("--deadline", type=int, default=300, help="seconds for the whole flow")
    return arguments


def main():
    parser = arguments(__doc__)
    parser.add_argument("--snapshots", action="store_true", help="snapshot, revert and clone too")
    parser.add_argument("--manage", action="store_true", help="take over what was a share too; a cluster account's")
    parser.add_argument("--cifs", action="store_true", help="a share over SMB too; the SVM needs an SMB server")
    parser.add_argument("--limits", action="store_true", help="a share with a QoS policy too; a cluster account's")
    given = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    step = Steps(given.deadline)
    with tempfile.TemporaryDirectory(prefix="manilad-reference-") as state:
        host = step("configuration, database, driver", Host, pathlib.Path(state), given)
        if host:
            flow(step, host, given)
        step.finish()


if __name__ == "__main__":
    main()
