"""A tenant's and an operator's day with `openstack share ...`.

    $MANILAD_PEERS/osc/bin/python flow.py --endpoint http://127.0.0.1:8786/v2      noauth
    OS_AUTH_URL=... OS_USERNAME=... $MANILAD_PEERS/osc/bin/python flow.py          Keystone
    ... flow.py --tenant                                                           without what takes an administrator

The client's own shell runs the commands one after the other in this process, as in its interactive mode, with one login
for all of them. It is not altered: only its output is read, as JSON.
"""

import argparse
import io
import json
import os
import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import further  # noqa: E402
from steps import Steps, check, until  # noqa: E402


class OpenStack:
    """Runs commands of one `openstack` shell."""

    def __init__(self):
        # The shell takes its streams when it is made and its log handlers when it starts.
        self.out, self.err = io.StringIO(), io.StringIO()
        sys.stdout, sys.stderr = self.out, self.err
        from openstackclient.shell import OpenStackShell

        self.shell = OpenStackShell()
        self.run = self._first

    def _first(self, words):
        self.run = self.shell.run_subcommand
        return self.shell.run(words)

    def __call__(self, command, *words):
        """Output of a command that says nothing."""
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        code = self.run([*command.split(), *words])
        if code != 0:
            raise RuntimeError("exit code %s: %s" % (code, self.err.getvalue().strip() or "no word of why"))
        return self.out.getvalue()

    def json(self, command, *words):
        return json.loads(self(command, *words, "-f", "json"))


def flow(step, openstack, given):
    tag = uuid.uuid4().hex[:8]
    name, kind = "osc-share-" + tag, given.share_type or "osc-type-" + tag

    def create_type(name, *more):
        made = openstack.json("share type create", name, "false", *more)
        check(made["name"] == name and made["visibility"] == "public", "a public type " + name, made)
        return made["id"]

    def list_has(command, key, value, *more):
        rows = openstack.json(command, *more)
        return check(value in [row[key] for row in rows], "a row with %s %s" % (key, value), rows)

    def list_of_some(command, *columns):
        rows = openstack.json(command)
        check(rows and all(row.get(column) for row in rows for column in columns), "rows with %s" % (columns,), rows)

    def create_share():
        made = openstack.json("share create NFS 1 --wait --share-type", kind, "--name", name, "--property", "team=blue")
        check(made["status"] == "available" and made["size"] == 1, "an available share of 1 GiB", made)
        return made["id"]

    def show_share(share):
        shown = openstack.json("share show", name)
        check(shown["id"] == share and shown["share_proto"] == "NFS", "NFS share " + share, shown)
        check(shown["properties"] == {"team": "blue"}, "its property", shown["properties"])

    def export_locations():
        rows = openstack.json("share export location list", name)
        check(rows and all(":/" in row["Path"] for row in rows), "paths of the form address:/path", rows)

    def allow():
        rule = openstack.json("share access create --wait --access-level rw", name, "ip", given.client)
        check(rule["state"] == "active" and rule["access_to"] == given.client, "an active rule", rule)
        return rule["id"]

    def refuse_duplicate():
        try:
            openstack.json("share access create", name, "ip", given.client)
        except RuntimeError as refusal:
            check("exist" in str(refusal).lower(), "a complaint that the rule exists", refusal)
        else:
            check(False, "a refusal", "a second rule")

    def gone(command, value):
        rows = openstack.json(command)
        check(value not in [row["ID"] for row in rows], "no " + value, rows)

    if given.admin and not given.share_type:
        type_id = step("share type create", create_type, kind)
    step("share type list", list_has, "share type list", "Name", kind)
    step("availability zone list", list_of_some, "share availability zone list", "Id", "Name")
    if given.admin:
        step("share service list", list_of_some, "share service list", "Binary", "Host", "State")
        step("share pool list", list_of_some, "share pool list", "Name", "Backend", "Pool")

    share = step("share create --wait", create_share)
    step("share show by name", show_share, share)
    step("share list", list_has, "share list", "ID", share)
    step("share list --name", list_has, "share list", "ID", share, "--name", name)
    step("share export location list", export_locations)
    rule = step("share access create --wait", allow)
    step("share access list", list_has, "share access list", "ID", rule, name)
    step("share access create, the same again", refuse_duplicate)
    further.of_a_share(step, openstack, name, str(share), str(rule))
    if given.admin and not given.share_type:
        further.of_an_operator(step, openstack, name, str(share), kind)
    if given.endpoint and given.admin:
        further.of_services(step, openstack)
    if given.admin and not given.endpoint:
        further.of_quotas(step, openstack, "service")
    step("share access delete --wait", openstack, "share access delete --wait", name, str(rule))
    step("share delete --wait", openstack, "share delete --wait", name)
    step("share list without it", gone, "share list", share)
    step("share message list", openstack.json, "share message list")

    if given.admin:
        nowhere = "osc-nowhere-" + tag

        def create_in_vain():
            made = openstack.json("share create NFS 1 --share-type", nowhere, "--name", nowhere)
            until(lambda: openstack.json("share show", made["id"])["status"] == "error")
            return made["id"]

        step("share type create for a back end that is none", create_type, nowhere,
             "--extra-specs", "share_backend_name=" + nowhere)
        stranded = step("share create that no back end takes", create_in_vain)
        step("share message list says why", list_has, "share message list", "Resource ID", stranded,
             "--resource-id", str(stranded))
        further.of_a_message(step, openstack, str(stranded))
        step("share delete --wait of what never was", openstack, "share delete --wait", nowhere)
        step("share type delete", openstack, "share type delete", nowhere)
    if given.admin and not given.share_type:
        step("share type delete of the first", openstack, "share type delete", kind)
        step("share type list without it", gone, "share type list", type_id)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--endpoint", help="address of a service without authentication")
    arguments.add_argument("--share-type", help="an existing type, else one is made; with --tenant: default")
    arguments.add_argument("--client", default="127.0.0.1", help="address that gets access")
    arguments.add_argument("--tenant", dest="admin", action="store_false")
    arguments.add_argument("--deadline", type=int, default=300, help="seconds for the whole flow")
    given = arguments.parse_args()
    if given.endpoint:
        os.environ.update(OS_AUTH_TYPE="none", OS_ENDPOINT=given.endpoint)
    if not given.admin and not given.share_type:
        given.share_type = "default"
    step = Steps(given.deadline)
    flow(step, OpenStack(), given)
    step.finish()


if __name__ == "__main__":
    main()
