"""Commands beyond a share's life: properties, instances, types, services, pools, limits, quotas, messages.

Each function does its steps on what the flow made and leaves it as it was.
"""

from steps import check, until


PROJECT = "f00d" * 8


def change(openstack, *words):
    """A tenant's `share set`. The client sets the task state each time, which only administrators may: a complaint
    about that, and no other, is let pass."""
    try:
        openstack("share set", *words)
    except RuntimeError as refusal:
        told = str(refusal)
        check(told.count("Failed to") == 1 and "Failed to update share task state" in told, "no other complaint", told)


def of_a_share(step, openstack, name, share, rule):
    """A tenant's: the share `name`, and the access rule of it."""

    def properties(wanted):
        shown = openstack.json("share show", name)
        check(shown["properties"] == wanted, "properties %s" % wanted, shown["properties"])

    def set_property():
        change(openstack, name, "--property", "stage=test", "--property", "team=green")
        properties({"stage": "test", "team": "green"})
        shown = openstack.json("share properties show", name)
        check(shown == {"stage": "test", "team": "green"}, "the properties alone", shown)

    def unset_property():
        openstack("share unset", name, "--property", "stage")
        change(openstack, name, "--property", "team=blue")
        properties({"team": "blue"})

    def describe():
        change(openstack, name, "--description", "said later")
        shown = openstack.json("share show", share)
        check(shown["description"] == "said later", "the new description", shown["description"])
        openstack("share unset", name, "--description")
        shown = openstack.json("share show", share)
        check(not shown["description"], "no description", shown["description"])

    def rename():
        change(openstack, share, "--name", name + "-b")
        check(openstack.json("share show", name + "-b")["id"] == share, "the share under its new name", name)
        change(openstack, share, "--name", name)

    def by_property():
        rows = openstack.json("share list", "--property", "team=blue")
        check(share in [row["ID"] for row in rows], "the share by its property", rows)
        rows = openstack.json("share list", "--property", "team=red")
        check(share not in [row["ID"] for row in rows], "no share of another team", rows)

    def describe_rule():
        openstack("share access set", rule, "--property", "purpose=backup")
        check("backup" in str(openstack.json("share access show", rule)["properties"]), "the rule's property", rule)
        openstack("share access unset", rule, "--property", "purpose")
        check("backup" not in str(openstack.json("share access show", rule)["properties"]), "no property", rule)

    def export_location():
        row = openstack.json("share export location list", name)[0]
        shown = openstack.json("share export location show", name, row["ID"])
        check(shown["path"] == row["Path"], row["Path"], shown)
        openstack("share export location set", name, row["ID"], "--property", "rack=7")
        check("rack" in str(openstack.json("share export location show", name, row["ID"])), "its property", row)
        openstack("share export location unset", name, row["ID"], "--property", "rack")
        check("rack" not in str(openstack.json("share export location show", name, row["ID"])), "no property", row)

    def limits():
        rows = {row["Name"]: row["Value"] for row in openstack.json("share limits show", "--absolute")}
        check(rows["maxTotalShares"] and rows["totalSharesUsed"], "limits and what is used", rows)
        openstack.json("share limits show", "--rate")

    step("share set --property", set_property)
    step("share unset --property", unset_property)
    step("share set and unset --description", describe)
    step("share set --name", rename)
    step("share list --property", by_property)
    step("share access set and unset --property", describe_rule)
    step("share export location show, set, unset", export_location)
    step("share limits show", limits)


def of_an_operator(step, openstack, name, share, kind):
    """An administrator's: the share `name` of the type `kind`."""

    def reset_status():
        for status in ("error", "available"):
            openstack("share set", name, "--status", status)
            check(openstack.json("share show", name)["status"] == status, status, name)

    def reset_task_state():
        for state, shown in (("migration_error", "migration_error"), ("none", None)):
            openstack("share set", name, "--task-state", state)
            told = openstack.json("share show", name)["task_state"]
            check(told == shown, shown, told)

    def delete_instance():
        made = openstack.json("share create NFS 1 --wait --share-type", kind, "--name", name + "-i")
        row = openstack.json("share instance list", "--share", made["id"])[0]
        openstack("share instance delete --wait", row["ID"])
        until(lambda: made["id"] not in [left["ID"] for left in openstack.json("share list")])

    def instances():
        rows = openstack.json("share instance list", "--share", name)
        check(len(rows) == 1 and rows[0]["Share ID"] == share, "one instance of the share", rows)
        instance = rows[0]["ID"]
        shown = openstack.json("share instance show", instance)
        check(shown["share_id"] == share and "#" in shown["host"], "its share and its pool", shown)
        for status in ("error", "available"):
            openstack("share instance set", instance, "--status", status)
            check(openstack.json("share instance show", instance)["status"] == status, status, instance)
        rows = openstack.json("share instance export location list", instance)
        check(rows and openstack.json("share instance export location show", instance, rows[0]["ID"]),
              "an export location", rows)

    def type_specs():
        openstack("share type set", kind, "--extra-specs", "snapshot_support=False", "--extra-specs", "colour=blue")
        shown = str(openstack.json("share type show", kind))
        check("colour" in shown, "the new spec", shown)
        openstack("share type unset", kind, "colour")
        shown = str(openstack.json("share type show", kind))
        check("colour" not in shown, "no such spec", shown)

    def type_words():
        openstack("share type set", kind, "--description", "for tests")
        check("for tests" in str(openstack.json("share type show", kind)), "the description", kind)

    def type_access():
        openstack("share type create", kind + "-p", "false", "--public", "False")
        openstack("share type access create", kind + "-p", PROJECT)
        rows = openstack.json("share type access list", kind + "-p")
        check([row["Project ID"] for row in rows] == [PROJECT], "the project", rows)
        openstack("share type access delete", kind + "-p", PROJECT)
        check(openstack.json("share type access list", kind + "-p") == [], "no project", kind)
        openstack("share type delete", kind + "-p")

    def pools():
        rows = openstack.json("share pool list", "--detail")
        check("Capabilities" in rows[0] or "capabilities" in str(rows[0]).lower(), "capabilities", rows)
        host, backend = rows[0]["Host"], rows[0]["Backend"]
        check(openstack.json("share pool list", "--host", host, "--backend", backend), "pools of " + backend, rows)
        check(openstack.json("share pool list", "--share-type", kind), "pools for " + kind, rows)
        check(openstack.json("share pool list", "--backend", "nosuch") == [], "no pool", rows)

    step("share set --status", reset_status)
    step("share set --task-state", reset_task_state)
    step("share instance list, show, set", instances)
    step("share instance delete --wait", delete_instance)
    step("share type set and unset --extra-specs", type_specs)
    step("share type set --description", type_words)
    step("share type access create, list, delete", type_access)
    step("share pool list by host, back end, type", pools)


def of_services(step, openstack):
    """An administrator's, while nobody else works with the daemon."""

    def services():
        rows = openstack.json("share service list", "--binary", "manila-share")
        host = rows[0]["Host"]
        openstack("share service set", host, "manila-share", "--disable")
        rows = openstack.json("share service list", "--host", host, "--status", "disabled")
        check(len(rows) == 1, "the service, disabled", rows)
        openstack("share service set", host, "manila-share", "--enable")
        check(openstack.json("share service list", "--host", host, "--status", "disabled") == [], "none", rows)

    def ensuring():
        host = openstack.json("share service list", "--binary", "manila-share")[0]["Host"]
        openstack("share service ensure shares", host)

        def ensured():
            rows = openstack.json("share service list", "--host", host)
            return rows[0]["Ensuring"] is False

        until(ensured)

    step("share service set", services)
    step("share service ensure shares", ensuring)


def of_quotas(step, openstack, project):
    """An administrator's, of a project that nobody works in. The client asks the identity service for it."""

    def shown(*more):
        return openstack.json("share quota show", project, *more)

    def set_and_delete():
        before = shown()
        openstack("share quota set", project, "--shares", "7", "--gigabytes", "70")
        after = shown()
        check((str(after["shares"]), str(after["gigabytes"])) == ("7", "70"), "7 shares, 70 GiB", after)
        shown("--detail")
        openstack("share quota delete", project)
        check(shown()["shares"] == before["shares"], "the default again", before)
        check(str(shown("--defaults")["shares"]) == str(before["shares"]), "the default", before)

    def of_class():
        openstack("share quota set", "default", "--class", "--per-share-gigabytes", "1000")
        openstack("share quota set", "default", "--class", "--per-share-gigabytes", "-1")

    step("share quota show, set, delete", set_and_delete)
    step("share quota set --class", of_class)


def of_a_message(step, openstack, resource):
    """Of a share that failed."""

    def message():
        row = openstack.json("share message list", "--resource-id", resource)[0]
        shown = openstack.json("share message show", row["ID"])
        check(shown["resource_id"] == resource, resource, shown)
        openstack("share message delete", row["ID"])
        rows = openstack.json("share message list", "--resource-id", resource)
        check(row["ID"] not in [left["ID"] for left in rows], "no such message", rows)

    step("share message show and delete", message)
