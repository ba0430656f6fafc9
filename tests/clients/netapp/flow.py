"""NetApp's own library `netapp-ontap` against an ONTAP cluster or what answers like one.

    $MANILAD_PEERS/netapp/bin/python flow.py --port 8443 --vserver svm1 --login admin --password ...

Connects, looks around, makes a volume with an export policy of its own, changes the rules, and takes all away again,
also when a step fails, so that it can be repeated.
"""

import argparse
import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from steps import Steps, check  # noqa: E402

from netapp_ontap import HostConnection, NetAppRestError  # noqa: E402
from netapp_ontap.resources import (  # noqa: E402
    Aggregate, Cluster, ExportPolicy, ExportRule, IpInterface, Snapshot, Svm,
    Volume)

GIB = 1024**3


def flow(step, given):
    name = "lib_" + uuid.uuid4().hex[:8]
    volume = Volume(name=name, svm={"name": given.vserver})
    policy = ExportPolicy(name=name, svm={"name": given.vserver})

    def cluster():
        found = Cluster()
        found.get(fields="name,version")
        check((found.version.generation, found.version.major) >= (9, 12), "ONTAP 9.12 or later", found.version.full)

    def some(kind, **query):
        rows = list(kind.get_collection(**query))
        return check(rows, "at least one " + kind.__name__, rows)

    def data_addresses():
        rows = some(IpInterface, **{"svm.name": given.vserver, "services": "data_nfs"}, fields="ip.address,state")
        check(all(row.ip.address and row.state == "up" for row in rows), "addresses that are up", rows)

    def paged():
        rows = list(Volume.get_collection(max_records=1))
        check(len(rows) == Volume.count_collection(), "as many volumes over pages of one as counted", len(rows))

    def find(**query):
        found = Volume.find(name=name, **{"svm.name": given.vserver}, **query)
        return check(found, "volume " + name, found)

    def create_policy():
        policy.post(hydrate=True)
        check(policy.id and not rules(), "an id and no rules", policy)

    def rules():
        return sorted((rule.index, rule.clients[0].match, rule.rw_rule[0])
                      for rule in ExportRule.get_collection(policy.id, fields="*"))

    def add_rules():
        for match, write in (("10.0.0.1", "sys"), ("10.0.0.0/24", "never")):
            rule = {"clients": [{"match": match}], "ro_rule": ["sys"], "rw_rule": [write], "superuser": ["sys"]}
            ExportRule(policy.id, **rule).post()
        check(rules() == [(1, "10.0.0.1", "sys"), (2, "10.0.0.0/24", "never")], "two rules in this order", rules())

    def replace_rules():
        policy.rules = [{"clients": [{"match": "fd00::/64"}], "ro_rule": ["sys"], "rw_rule": ["sys"],
                         "superuser": ["sys"]}]
        policy.patch()
        check([rule[1:] for rule in rules()] == [("fd00::/64", "sys")], "one rule instead", rules())

    def delete_rule():
        (index, _, _), = rules()
        ExportRule(policy.id, index=index).delete()
        check(not rules(), "no rules", rules())

    def create_volume(aggregate):
        volume.size = GIB
        volume.aggregates = [{"name": aggregate}]
        volume.nas = {"path": "/" + name, "export_policy": {"name": name}}
        volume.post(hydrate=True, poll_interval=1)
        found = find(fields="uuid,nas,space.size,state")
        check(found.nas.path == "/" + name and found.space.size == GIB, "1 GiB at /" + name, found)
        check(found.nas.export_policy.name == name and found.state == "online", "its policy, online", found)

    def grow():
        volume.size = 2 * GIB
        volume.patch(poll_interval=1)
        check(find(fields="space.size").space.size == 2 * GIB, "2 GiB", volume.size)

    def snapshots():
        kept = Snapshot(volume.uuid, name="kept")
        kept.post(hydrate=True, poll_interval=1)
        found = [row.to_dict()["name"] for row in Snapshot.get_collection(volume.uuid, fields="name,owners")]
        check(found == ["kept"], "the snapshot", found)
        newer = Snapshot(volume.uuid, name="newer")
        newer.post(hydrate=True, poll_interval=1)
        newer.delete(poll_interval=1)
        found = [row.to_dict()["name"] for row in Snapshot.get_collection(volume.uuid, fields="name")]
        check(found == ["kept"], "the other one is gone", found)

    def clone():
        made = Volume(name=name + "_clone", svm={"name": given.vserver}, clone={
            "is_flexclone": True, "parent_volume": {"name": name}, "parent_snapshot": {"name": "kept"}})
        made.post(hydrate=True, poll_interval=1)
        kept = Snapshot.find(volume.uuid, name="kept", fields="uuid,owners")
        check("volume_clone" in kept.owners, "the clone among the owners", kept)
        refused(kept.delete, "400", "409", "None Job failed")
        Volume(uuid=made.uuid, state="offline").patch(poll_interval=1)
        Volume(uuid=made.uuid).delete(poll_interval=1, force=True)
        kept.delete(poll_interval=1)
        check(Snapshot.find(volume.uuid, name="kept") is None, "no snapshot", "one")

    def refused(call, *words):
        """By an HTTP status, or by a job that fails."""
        try:
            call()
        except NetAppRestError as refusal:
            said = "%s %s" % (refusal.status_code, refusal)
            check(any(said.startswith(word) for word in words), "a refusal with " + " or ".join(words), said)
        else:
            check(False, "a refusal", "none")

    def unmount():
        volume.nas = {"path": ""}
        volume.patch(poll_interval=1)
        found = find(fields="nas.path").to_dict()
        check(not found.get("nas", {}).get("path"), "no junction path", found)

    def delete_volume():
        volume.delete(poll_interval=1)
        check(Volume.find(name=name) is None, "no volume " + name, "one")

    def delete_policy():
        policy.delete()
        check(ExportPolicy.find(name=name) is None, "no policy " + name, "one")

    aggregate = given.aggregate
    step("cluster and its version", cluster)
    step("the SVM", lambda: check(Svm.find(name=given.vserver), "SVM " + given.vserver, None))
    step("data addresses", data_addresses)
    if given.cluster_account:
        found = step("aggregates", some, Aggregate, fields="name,space.block_storage.available")
        aggregate = aggregate or (found and found[0].name)
    step("volumes in pages", paged)
    step("create an export policy", create_policy)
    step("add rules one by one", add_rules)
    step("replace all rules at once", replace_rules)
    step("create a volume that uses the policy", create_volume, aggregate)
    again = Volume(name=name, svm={"name": given.vserver}, size=GIB, aggregates=[{"name": aggregate}])
    step("create it again is refused", refused, again.post, "400", "409", "None Job failed")
    in_use = ExportPolicy(id=policy.to_dict().get("id", 0))
    step("delete the policy in use is refused", refused, in_use.delete, "400", "409")
    step("grow the volume", grow)
    step("snapshots", snapshots)
    step("a clone, which keeps its snapshot", clone)
    step("delete the rule", delete_rule)
    step("delete the volume while it is mounted is refused", refused, volume.delete, "400", "409", "None Job failed")
    step("unmount the volume", unmount)
    step("delete the volume", delete_volume)
    step("delete the policy", delete_policy)
    gone = Volume(uuid=volume.to_dict().get("uuid", str(uuid.uuid4())))
    step("get what is gone is refused", refused, gone.get, "404")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--scheme", choices=["http", "https"], default="https")
    arguments.add_argument("--ca", help="certificate authorities to trust, PEM")
    arguments.add_argument("--insecure", action="store_true", help="accept any certificate")
    arguments.add_argument("--login", default="admin")
    arguments.add_argument("--password", required=True)
    arguments.add_argument("--vserver", default="svm1")
    arguments.add_argument("--aggregate", help="where the volume goes; an SVM account must name it")
    arguments.add_argument("--svm-account", dest="cluster_account", action="store_false")
    arguments.add_argument("--deadline", type=int, default=120, help="seconds for the whole flow")
    given = arguments.parse_args()
    if not given.cluster_account and not given.aggregate:
        arguments.error("--svm-account needs --aggregate")
    step = Steps(given.deadline)
    with HostConnection(given.host, given.login, given.password, verify=given.ca or not given.insecure,
                        port=given.port, scheme=given.scheme):
        flow(step, given)
    step.finish()


if __name__ == "__main__":
    main()
