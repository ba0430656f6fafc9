"""A member's shares in Horizon: made, described, opened to clients, resized, kept in snapshots, brought back."""

from browser import PATIENCE_SECONDS
from cast import agrees, lists, tells
from steps import check, until

LIST = "/project/shares/"
SNAPSHOTS = "/project/share_snapshots/"
# Of each rule: what is filled in, and what the table then shows of it.
RULES = [
    ({"access_type": "ip", "access_level": "rw", "access_to": "127.0.0.1", "metadata": ""},
     {"Access Type": "ip", "Access Level": "rw", "Access to": "127.0.0.1", "Status": "active"}),
    ({"access_type": "ip", "access_level": "ro", "access_to": "127.0.0.64/26", "metadata": "who=readers"},
     {"Access Type": "ip", "Access Level": "ro", "Access to": "127.0.0.64/26", "Status": "active",
      "Metadata": "who = readers"}),
]


def id_of(person, name, collection="/shares"):
    found = person.api.named(collection, name)
    check(found, "one %s in %s" % (name, collection), person.api.get(collection))
    return found["id"]


def create(ann):
    ann.page.open(LIST)
    ann.page.in_modal("shares__action_create", {
        "name": "docs", "description": "Papers", "share_proto": "NFS", "size": "1", "share_type": "plain",
        "availability_zone": "nova", "metadata": "team=blue\nfloor=2"}, says='Creating share "docs"')
    share = id_of(ann, "docs")
    row = ann.page.becomes("shares", share, "Status", "Available")
    agrees(row, **{"Name": "docs", "Description": "Papers", "Metadata": "floor = 2 team = blue", "Size": "1GiB",
                   "Protocol": "NFS", "Visibility": "private", "Share Network": "-"})
    agrees(ann.api.get("/shares/" + share), status="available", size=1, share_proto="NFS", description="Papers",
           share_type_name="plain", availability_zone="nova", metadata={"team": "blue", "floor": "2"}, is_public=False)
    return share


def shown(ann, share):
    tells(ann.page, LIST + share + "/", share, "docs", "Papers", "Available", "private", "nova", "1 GiB", "NFS", "plain")


def export_locations(ann, share):
    tab = "%s%s/?tab=share_details__export_locations_tab" % (LIST, share)
    locations = "/shares/%s/export_locations" % share
    lists(ann.page, tab, "export_locations", [location["id"] for location in ann.api.get(locations)])
    location = ann.page.rows("export_locations")[0]["id"]
    for text, metadata in [("speed=fast\nside=left", {"speed": "fast", "side": "left"}), ("side", {"speed": "fast"})]:
        ann.page.open(tab)
        ann.page.follow("export_locations", location, "update_metadata")
        ann.page.submit({"metadata": text})
        ann.page.open(tab)
        shown = " ".join("%s = %s" % pair for pair in sorted(metadata.items()))
        agrees(ann.page.row("export_locations", location, "id"), Metadata=shown)
        agrees(ann.api.get("%s/%s" % (locations, location)), metadata=metadata)


def edit(ann, share):
    ann.page.open(LIST)
    ann.page.follow("shares", share, "edit")
    ann.page.submit({"name": "docs", "description": "Drafts"}, says='Updating share "docs"')
    agrees(ann.page.row("shares", "docs"), Description="Drafts")
    agrees(ann.api.get("/shares/" + share), name="docs", description="Drafts", is_public=False)


def metadata(ann, share):
    for text, column, kept in [("team=red\nroom=7", "floor = 2 room = 7 team = red",
                                {"floor": "2", "room": "7", "team": "red"}),
                               ("floor\nroom", "team = red", {"team": "red"})]:
        ann.page.open(LIST)
        ann.page.follow("shares", share, "update_metadata")
        ann.page.submit({"metadata": text}, says='Updating share metadata "docs"')
        agrees(ann.page.row("shares", "docs"), Metadata=column)
        agrees(ann.api.get("/shares/" + share), metadata=kept)


def rules_of(ann, share):
    return ann.api.get("/share-access-rules?share_id=" + share)


def add_rule(ann, share, form, row):
    ann.page.open("%s%s/rule_add/" % (LIST, share))
    ann.page.submit(form, says='Creating rule for "%s"' % form["access_to"])
    rule, = [rule for rule in rules_of(ann, share) if rule["access_to"] == form["access_to"]]
    agrees(ann.page.becomes("rules", rule["id"], "Status", "active"), **row)
    agrees(ann.api.get("/share-access-rules/" + rule["id"]), access_level=form["access_level"], state="active")


def add_rule_again(ann, share, form):
    ann.page.open("%s%s/rule_add/" % (LIST, share))
    ann.page.submit(form, refused="Unable to add rule.")
    check(len(rules_of(ann, share)) == len(RULES), "no further rule", rules_of(ann, share))


def rule_metadata(ann, share):
    rule = ann.page.row("rules", "127.0.0.64/26", "Access to")["id"]
    for text, column, kept in [("who=guests\nuntil=May", "until = May who = guests", {"who": "guests", "until": "May"}),
                               ("until", "who = guests", {"who": "guests"})]:
        ann.page.follow("rules", rule, "update_rule_metadata")
        ann.page.submit({"metadata": text}, says="Updating share access rule metadata")
        ann.page.open("%s%s/rules/" % (LIST, share))
        agrees(ann.page.row("rules", rule, "id"), Metadata=column)
        agrees(ann.api.get("/share-access-rules/" + rule), metadata=kept)


def manage_rules(ann, share):
    ann.page.open(LIST)
    ann.page.follow("shares", share, "manage_rules")
    found = sorted(row["Access to"] for row in ann.page.rows("rules"))
    check(found == sorted(form["access_to"] for form, _ in RULES), "the rules", found)


def delete_rules(ann, share):
    for form, _ in RULES:
        ann.page.open("%s%s/rules/" % (LIST, share))
        rule = ann.page.row("rules", form["access_to"], "Access to")["id"]
        ann.page.delete("rules", [rule])
        ann.page.vanishes("rules", rule)
    check(rules_of(ann, share) == [], "no rule", rules_of(ann, share))


def resize(ann, share, size):
    ann.page.open(LIST)
    ann.page.follow("shares", share, "resize_share")
    ann.page.submit({"new_size": str(size)}, says='Resized share "docs"')
    agrees(ann.page.row("shares", "docs"), Size="%dGiB" % size, Status="Available")
    agrees(ann.api.get("/shares/" + share), size=size, status="available")


def create_snapshot(ann, share):
    ann.page.open(LIST)
    ann.page.follow("shares", share, "create_share_snapshot")
    ann.page.submit({"name": "monday", "description": "First", "metadata": "week=1\nday=1"},
                    says='Creating share snapshot "monday"')
    snapshot = id_of(ann, "monday", "/snapshots")
    ann.page.open(SNAPSHOTS)
    row = ann.page.becomes("share_snapshots", snapshot, "Status", "Available")
    agrees(row, Name="monday", Description="First", Size="1GiB", Source="docs")
    agrees(ann.api.get("/snapshots/" + snapshot), status="available", share_id=share, size=1, description="First",
           metadata={"week": "1", "day": "1"})
    tells(ann.page, SNAPSHOTS + snapshot, "monday", "First", "Available", "docs")
    return snapshot


def edit_snapshot(ann, snapshot):
    ann.page.open(SNAPSHOTS)
    ann.page.follow("share_snapshots", snapshot, "edit_share_snapshot")
    ann.page.submit({"name": "tuesday", "description": "Second"}, says='Updating share snapshot "tuesday"')
    agrees(ann.page.row("share_snapshots", "tuesday"), Description="Second")
    agrees(ann.api.get("/snapshots/" + snapshot), name="tuesday", description="Second")


def snapshot_metadata(ann, snapshot):
    for text, kept in [("day=2", {"week": "1", "day": "2"}), ("week", {"day": "2"})]:
        ann.page.open(SNAPSHOTS)
        ann.page.follow("share_snapshots", snapshot, "update_metadata")
        ann.page.submit({"metadata": text}, says="Snapshot metadata updated.")
        agrees(ann.api.get("/snapshots/" + snapshot), metadata=kept)


def create_from_snapshot(ann, snapshot):
    ann.page.open(SNAPSHOTS)
    ann.page.follow("share_snapshots", snapshot, "create_share_from_share_snapshot")
    ann.page.submit({"name": "copy", "share_proto": "NFS", "size": "1", "share_type": "plain"},
                    says='Creating share "copy"')
    copy = id_of(ann, "copy")
    ann.page.open(LIST)
    ann.page.becomes("shares", copy, "Status", "Available")
    agrees(ann.api.get("/shares/" + copy), status="available", snapshot_id=snapshot, size=1)


def revert(ann, share, snapshot):
    ann.page.open(LIST)
    ann.page.follow("shares", share, "revert_share")
    ann.page.submit({"snapshot": snapshot}, says="has been reverted to")
    ann.page.becomes("shares", share, "Status", "Available")
    agrees(ann.api.get("/shares/" + share), status="available", size=1)
    agrees(ann.api.get("/snapshots/" + snapshot), status="available")


def delete_snapshot(ann, snapshot):
    ann.page.open(SNAPSHOTS)
    ann.page.delete("share_snapshots", [snapshot])
    until(lambda: ann.api.get("/snapshots") == [], PATIENCE_SECONDS)
    lists(ann.page, SNAPSHOTS, "share_snapshots", [])


def delete_locked(ann):
    """A lock is set by REST, since Horizon has no form for it. It shows, says why, and holds the share until it goes."""
    share = id_of(ann, "copy")
    made = ann.api.ask("POST", "/resource-locks", {"resource_lock": {
        "resource_id": share, "resource_type": "share", "resource_action": "delete", "lock_reason": "audit"}})
    lock = made["resource_lock"]["id"]
    ann.page.open(LIST)
    ann.page.delete("shares", [share], refused="Unable to delete share")
    agrees(ann.api.get("/shares/" + share), status="available")
    lists(ann.page, "/project/resource_locks/", "shares_locks", [lock])
    row, = ann.page.rows("shares_locks")
    agrees(row, **{"Lock Reason": "audit", "Resource Action": "delete"})
    ann.page.follow("shares_locks", lock, "edit_lock")
    ann.page.submit({"lock_reason": "second audit"}, says="Lock reason updated")
    agrees(ann.api.get("/resource-locks/" + lock), lock_reason="second audit", resource_action="delete")
    ann.page.delete("shares_locks", [lock])
    lists(ann.page, "/project/resource_locks/", "shares_locks", [])
    check(ann.api.get("/resource-locks") == [], "no lock", ann.api.get("/resource-locks"))


def delete_several(ann, names):
    ids = [id_of(ann, name) for name in names]
    ann.page.open(LIST)
    ann.page.delete("shares", ids)
    until(lambda: not {share["id"] for share in ann.api.get("/shares")} & set(ids), PATIENCE_SECONDS)
    ann.page.open(LIST)
    for share in ids:
        ann.page.vanishes("shares", share)


def walk(step, cast):
    ann = cast.ann
    share = step("create a share with all that the form has", create, ann)
    step("a share's page", shown, ann, share)
    step("export locations, and their metadata", export_locations, ann, share)
    step("edit a share", edit, ann, share)
    step("set and unset metadata of a share", metadata, ann, share)
    for form, row in RULES:
        step("add a rule: %(access_level)s for %(access_to)s" % form, add_rule, ann, share, form, row)
    step("the same rule again is refused", add_rule_again, ann, share, RULES[0][0])
    step("manage rules", manage_rules, ann, share)
    step("set and unset metadata of a rule", rule_metadata, ann, share)
    step("delete rules", delete_rules, ann, share)
    step("extend a share", resize, ann, share, 3)
    step("shrink a share", resize, ann, share, 1)
    snapshot = step("create a snapshot", create_snapshot, ann, share)
    step("edit a snapshot", edit_snapshot, ann, snapshot)
    step("set and unset metadata of a snapshot", snapshot_metadata, ann, snapshot)
    step("create a share from a snapshot", create_from_snapshot, ann, snapshot)
    step("revert a share to a snapshot", revert, ann, share, snapshot)
    return snapshot
