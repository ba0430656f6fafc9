"""An administrator in Horizon: share types, the lists of all projects, shares let go and taken back, quotas."""

from browser import PATIENCE_SECONDS, button
from cast import agrees, lists, tells
from shares import LIST, id_of
from steps import check, until

TYPES = "/admin/share_types/"
SHARES = "/admin/shares/"
# name, share servers, public, further specs
SNAPSHOTS = {"snapshot_support": "True", "create_share_from_snapshot_support": "True",
             "revert_to_snapshot_support": "True"}
KINDS = [("plain", "False", True, SNAPSHOTS), ("served", "True", True, {}), ("closed", "False", False, {}),
         ("nowhere", "False", True, {"share_backend_name": "nobody"})]
# page, table, what the service has of it
ALL_PROJECTS = [
    ("shares/", "shares", "/shares?all_tenants=1"),
    ("share_snapshots/", "share_snapshots", "/snapshots?all_tenants=1"),
    ("share_types/", "share_types", "/types?is_public=all"),
    ("share_networks/", "share_networks", "/share-networks?all_tenants=1"),
    ("security_services/", "security_services", "/security-services?all_tenants=1"),
    ("share_servers/", "share_servers", "/share-servers"),
    ("share_instances/", "share_instances", "/share_instances"),
    ("share_groups/", "share_groups", "/share-groups?all_tenants=1"),
    ("share_group_snapshots/", "share_group_snapshots", "/share-group-snapshots?all_tenants=1"),
    ("share_group_types/", "share_group_types", "/share-group-types?is_public=all"),
    ("user_messages/", "user_messages", "/messages"),
    ("resource_locks/", "shares_locks", "/resource-locks?all_projects=1"),
]
WITHOUT_PAGES = ("share_types", "shares_locks")
QUOTAS = {"shares": ("shares", 41), "share_gigabytes": ("gigabytes", 420), "share_snapshots": ("snapshots", 43),
          "share_snapshot_gigabytes": ("snapshot_gigabytes", 440), "share_networks": ("share_networks", 9)}
GROUP_QUOTAS = {"share_groups": ("share_groups", 45), "share_group_snapshots": ("share_group_snapshots", 46)}


def create_type(admin, name, servers, is_public, specs):
    admin.page.open(TYPES + "create_type")
    admin.page.submit({"name": name, "description": "For " + name, "spec_driver_handles_share_servers": servers,
                       "extra_specs": lines(specs), "is_public": is_public},
                      says="Successfully created share type: " + name)
    agrees(admin.page.row("share_types", name), Description="For " + name, Visibility="public" if is_public else "private")
    found = agrees(admin.api.named("/types?is_public=all", name), description="For " + name)
    agrees(found, **{"share_type_access:is_public": is_public})
    specs = {"driver_handles_share_servers": servers, **specs}
    check({key: value.capitalize() for key, value in found["extra_specs"].items()} ==
          {key: value.capitalize() for key, value in specs.items()}, specs, found["extra_specs"])


def lines(specs):
    return "\n".join("%s=%s" % pair for pair in specs.items())


def type_specs(admin):
    kind = id_of(admin, "closed", "/types?is_public=all")
    for text, description, spec in [("thin_provisioning=True", "Thin", "True"), ("thin_provisioning", "Any", None)]:
        admin.page.open(TYPES)
        admin.page.follow("share_types", kind, "update share type")
        admin.page.submit({"description": description, "extra_specs": text}, says="Successfully updated share type 'closed'.")
        agrees(admin.page.row("share_types", "closed"), Description=description)
        found = agrees(admin.api.get("/types/" + kind), description=description)
        check(found["extra_specs"].get("thin_provisioning") == spec, spec, found["extra_specs"])


def type_access(admin):
    kind, alpha = id_of(admin, "closed", "/types?is_public=all"), admin.api.project("alpha")
    for projects in [[alpha], []]:
        admin.page.open(TYPES)
        admin.page.in_modal(button("share_types", kind, "manage"), {"update_members_role_member": projects},
                            says='Updated access for share type "closed".')
        found = [access["project_id"] for access in admin.api.get("/types/%s/share_type_access" % kind)]
        check(found == projects, projects, found)


def no_host(ann):
    """A share of a type that no pool has fails, and a message of its project tells why."""
    ann.page.open("/project/shares/create/")
    ann.page.submit({"name": "vain", "share_proto": "NFS", "size": "1", "share_type": "nowhere"},
                    says='Creating share "vain"')
    share = id_of(ann, "vain")
    ann.page.becomes("shares", share, "Status", "Error")
    message, = ann.api.get("/messages")
    agrees(message, resource_id=share, resource_type="SHARE", message_level="ERROR")
    lists(ann.page, "/project/user_messages/", "user_messages", [message["id"]])
    row, = ann.page.rows("user_messages")
    agrees(row, **{"User Message": message["user_message"], "Resource ID": share})
    tells(ann.page, "/project/user_messages/" + message["id"], message["id"], message["user_message"], share)


def delete_message(ann):
    message, = ann.api.get("/messages")
    ann.page.open("/project/user_messages/")
    ann.page.delete("user_messages", [message["id"]])
    lists(ann.page, "/project/user_messages/", "user_messages", [])
    check(ann.api.get("/messages") == [], "no message", ann.api.get("/messages"))


def of_all_projects(admin, path, table, asked):
    """A list shows what there is, and the first of it has a page."""
    path = "/admin/" + path
    ids = [thing["id"] for thing in admin.api.get(asked)]
    lists(admin.page, path, table, ids)
    if ids and table not in WITHOUT_PAGES:
        tells(admin.page, path + ids[0] + ("/" if table == "shares" else ""), ids[0])


def replicas(admin):
    """Horizon has no button for them where a share has none, but a page."""
    share = admin.api.get("/shares?all_tenants=1")[0]["id"]
    lists(admin.page, "%s%s/replicas/" % (SHARES, share), "replicas", [])


def unmanage(admin):
    share = id_of(admin, "copy", "/shares?all_tenants=1")
    told = admin.api.get("/shares/" + share)
    path = admin.api.get("/shares/%s/export_locations" % share)[0]["path"]
    admin.page.open(SHARES)
    admin.page.follow("shares", share, "unmanage")
    admin.page.submit({}, says="Successfully sent the request to unmanage share: copy")
    until(lambda: admin.api.named("/shares?all_tenants=1", "copy") is None, PATIENCE_SECONDS)
    admin.page.open(SHARES)
    admin.page.vanishes("shares", share)
    return told["host"], path


def manage(admin, host, path):
    admin.page.open(SHARES + "manage")
    admin.page.submit({"name": "back", "description": "Again", "host": host, "export_location": path,
                       "protocol": "NFS", "share_type": "plain"},
                      says="Successfully sent the request to manage share: back")
    share = id_of(admin, "back", "/shares?all_tenants=1")
    until(lambda: admin.api.get("/shares/" + share)["status"] != "manage_starting", PATIENCE_SECONDS)
    agrees(admin.api.get("/shares/" + share), status="available", size=1, host=host, description="Again")
    tells(admin.page, SHARES + share + "/", "back", "Again", "Available", host)


def delete_managed(admin):
    share = id_of(admin, "back", "/shares?all_tenants=1")
    admin.page.open(SHARES)
    admin.page.delete("shares", [share])
    until(lambda: admin.api.named("/shares?all_tenants=1", "back") is None, PATIENCE_SECONDS)


def quotas_of_a_project(admin):
    alpha, quotas = admin.api.project("alpha"), {**QUOTAS, **GROUP_QUOTAS}
    path = "/identity/%s/update_quotas/" % alpha
    before = admin.api.get("/quota-sets/" + alpha)
    for limits in [{field: limit for field, (_, limit) in quotas.items()},
                   {field: before[name] for field, (name, _) in quotas.items()}]:
        admin.page.open(path)
        admin.page.submit({field: str(limit) for field, limit in limits.items()})
        agrees(admin.api.get("/quota-sets/" + alpha), **{quotas[field][0]: limit for field, limit in limits.items()})
        admin.page.open(path)
        shown = {field: admin.page.value(field) for field in limits}
        check(shown == {field: str(limit) for field, limit in limits.items()}, limits, shown)


def default_quotas(admin):
    before = admin.api.get("/quota-class-sets/default")
    for limits in [{field: limit for field, (_, limit) in QUOTAS.items()},
                   {field: before[name] for field, (name, _) in QUOTAS.items()}]:
        admin.page.open("/admin/defaults/update_defaults?step=update_default_share_quotas")
        admin.page.submit({field: str(limit) for field, limit in limits.items()})
        agrees(admin.api.get("/quota-class-sets/default"), **{QUOTAS[field][0]: limit for field, limit in limits.items()})
        admin.page.open("/admin/defaults/?tab=defaults__shared_quotas")
        shown = {row["id"]: row["Limit"] for row in admin.page.rows("share_quotas")}
        agrees(shown, **{QUOTAS[field][0]: str(limit) for field, limit in limits.items()})


def delete_types(admin):
    admin.page.open(TYPES)
    admin.page.delete("share_types", [kind["id"] for kind in admin.api.get("/types?is_public=all")])
    lists(admin.page, TYPES, "share_types", [])
    check(admin.api.get("/types?is_public=all") == [], "no type", admin.api.get("/types?is_public=all"))


def may_only_look(ray, ids):
    """A reader sees the project's shares; buttons that change them are not there, and a form by its address is refused."""
    lists(ray.page, LIST, "shares", ids)
    absent = ["shares__action_create", "shares__action_delete", *(button("shares", ids[0], name)
                                                                  for name in ("edit", "update_metadata", "delete"))]
    present = [name for name in absent if ray.page.has(name)]
    check(not present, "no button of a member", present)
    tells(ray.page, LIST + ids[0] + "/", ids[0])
    ray.page.open("/project/shares/create/")
    ray.page.submit({"name": "refused", "share_proto": "NFS", "size": "1", "share_type": "plain"},
                    refused="Unable to create share.")
    check(ray.api.named("/shares", "refused") is None, "no such share", ray.api.get("/shares"))


def make_types(step, cast):
    for kind in KINDS:
        step("create a share type: " + kind[0], create_type, cast.admin, *kind)
    step("set and unset a spec of a type", type_specs, cast.admin)
    step("add a project to a private type and remove it", type_access, cast.admin)


def look(step, cast, when):
    for path, table, asked in ALL_PROJECTS:
        step("%s of all projects, %s" % (table, when), of_all_projects, cast.admin, path, table, asked)


def walk(step, cast):
    admin = cast.admin
    step("a share that no pool can hold, and the message of it", no_host, cast.ann)
    look(step, cast, "with something in them")
    step("replicas of a share", replicas, admin)
    step("a message is deleted", delete_message, cast.ann)
    step("quotas of a project", quotas_of_a_project, admin)
    step("default quotas", default_quotas, admin)


def let_go_and_take_back(step, cast):
    host, path = step("unmanage a share", unmanage, cast.admin) or (None, None)
    step("manage it again", manage, cast.admin, host, path)
