"""Schemathesis against the daemon and its own OpenAPI document, at one microversion.

    $MANILAD_PEERS/schemathesis/bin/python flow.py --root http://127.0.0.1:8786 --microversion 2.65

First one of everything is made, so that ids which exist are among the values that are tried. Then every operation of the
document is asked, within and outside of what its schemas admit. An answer must be one that the document has: its status,
its content type, its headers, its schema; and never a defect (5xx, but for 501 and 503, which are in the document).
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from steps import Steps, check, until  # noqa: E402

import requests  # noqa: E402

# What is not built says so, and what can't be done now too.
NO_DEFECTS = ["2xx", "3xx", "4xx", "501", "503"]
HERE = pathlib.Path(__file__).resolve().parent
PROJECT = "00000000000000000000000000000000"
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]


class Api:
    """An administrator at a version that knows all there is to make."""

    def __init__(self, root):
        self.root = root + "/v2"
        self.headers = {"X-Auth-Token": "admin:" + PROJECT, "X-OpenStack-Manila-API-Version": "2.99"}

    def __call__(self, method, path, body=None):
        answer = requests.request(method, self.root + path, json=body, headers=self.headers, timeout=30)
        check(answer.status_code < 300, "%s %s to work" % (method, path), answer.text)
        return answer.json() if answer.text else None


def one_of_everything(api):
    """Ids that exist, by the first part of the path that names them."""
    def kind(name, **more):
        specs = {"driver_handles_share_servers": "False", "x:k": "v"}
        return api("POST", "/types", {"share_type": {"name": name, "extra_specs": specs, **more}})["share_type"]["id"]

    def share(of):
        wish = {"share_proto": "NFS", "size": 1, "name": "s", "share_type": of, "metadata": {"k": "v"}}
        return api("POST", "/shares", {"share": wish})["share"]["id"]

    def status(one):
        return api("GET", "/shares/" + one)["share"]["status"]

    usual, private = kind("usual"), kind("private", **{"share_type_access:is_public": False})
    api("POST", "/types/%s/extra_specs" % usual, {"extra_specs": {"x:k": "v"}})
    shares = [share(usual) for _ in range(6)]
    until(lambda: all(status(one) == "available" for one in shares))
    kind("hopeless")
    hopeless = kind("nobody's")
    api("POST", "/types/%s/extra_specs" % hopeless, {"extra_specs": {"vendor_name": "Nobody"}})
    lost = share(hopeless)
    until(lambda: status(lost) == "error")
    rules = []
    for number, one in enumerate(shares):
        rule = {"access_type": "ip", "access_to": "10.0.0.%d" % (number + 1), "metadata": {"k": "v"}}
        rules.append(api("POST", "/shares/%s/action" % one, {"allow_access": rule})["access"]["id"])
    exports = [api("GET", "/shares/%s/export_locations" % one)["export_locations"][0]["id"] for one in shares]
    instances = [one["id"] for one in api("GET", "/share_instances")["share_instances"]]
    messages = [one["id"] for one in api("GET", "/messages")["messages"]]
    check(messages, "a message about the share that found no place", messages)
    return {"share": shares, "type": [usual, private], "rule": rules, "export": exports, "instance": instances,
            "message": messages, **networks(api)}


def networks(api):
    """Share networks, their subnets, and security services, some of which a network has."""
    def service(kind):
        wish = {"type": kind, "name": "s", "user": "u", "password": "p"}
        return api("POST", "/security-services", {"security_service": wish})["security_service"]["id"]

    def network():
        return api("POST", "/share-networks", {"share_network": {"name": "n"}})["share_network"]

    made = [network() for _ in range(4)]
    ids = [one["id"] for one in made]
    subnets = [one["share_network_subnets"][0]["id"] for one in made]
    for one, subnet in zip(ids, subnets):
        api("POST", "/share-networks/%s/subnets/%s/metadata" % (one, subnet), {"metadata": {"k": "v"}})
    services = [service(kind) for kind in ("ldap", "ldap", "kerberos", "active_directory")]
    api("POST", "/share-networks/%s/action" % ids[0], {"add_security_service": {"security_service_id": services[0]}})
    return {"network": ids, "subnet": subnets, "service": services}


# Which ids stand where: path, parameter, dictionary.
PLACES = [
    ("^/shares/[{]share_id[}]", "path.share_id", "share"),
    ("^/shares/[{]share_id[}]", "path.id", "export"),
    ("^/shares/[{]id[}]", "path.id", "share"),
    ("^/share_instances/[{]instance_id[}]", "path.instance_id", "instance"),
    ("^/share_instances/[{]instance_id[}]", "path.id", "export"),
    ("^/share_instances/[{]id[}]", "path.id", "instance"),
    ("^/share-access-rules$", "query.share_id", "share"),
    ("^/share-access-rules/", "path.id", "rule"),
    ("^/types/", "path.id", "type"),
    ("^/messages/", "path.id", "message"),
    ("^/share-networks/[{]id[}]", "path.id", "network"),
    ("^/share-networks/[{]network_id[}]", "path.network_id", "network"),
    ("^/share-networks/[{]network_id[}]", "path.id", "subnet"),
    ("^/security-services/", "path.id", "service"),
    ("^/security-services", "query.share_network_id", "network"),
    ("quota-sets", "path.project_id", "project"),
    ("quota-sets", "query.share_type", "type"),
    ("(metadata|extra_specs)/[{]key[}]", "path.key", "key"),
]


def configuration(given, made):
    known = {**made, "project": [PROJECT], "key": ["k", "x:k"]}
    lines = ["hooks = %r" % str(HERE / "hooks.py"), "[checks]"]
    lines += ["not_a_server_error = { expected-statuses = %s }" % NO_DEFECTS, "[dictionaries]"]
    lines += ["%s = { values = %s }" % (name, values) for name, values in known.items()]
    by_path = {}
    for path, parameter, name in PLACES:
        by_path.setdefault(path, []).append('"%s" = { dictionary = "%s", probability = 0.8 }' % (parameter, name))
    for path, bindings in by_path.items():
        lines += ["[[operations]]", "include-path-regex = '%s'" % path, "parameters = { %s }" % ", ".join(bindings)]
    return "\n".join(lines) + "\n"


def fuzz(given, made):
    with tempfile.TemporaryDirectory() as folder:
        configured = pathlib.Path(folder) / "schemathesis.toml"
        configured.write_text(configuration(given, made))
        command = [
            str(pathlib.Path(sys.executable).with_name("st")), "--config-file", str(configured), "run",
            "%s/openapi.json?version=%s" % (given.root, given.microversion), "--url", given.root + "/v2",
            "--checks", ",".join(CHECKS), "--phases", given.phases, "--generation-deterministic",
            "--max-examples", str(given.examples), "--continue-on-failure", "--no-color", "--warnings", "off",
        ]
        environment = {**os.environ, "MANILAD_PROJECT": PROJECT, "MANILAD_MICROVERSION": given.microversion}
        ended = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(ended.stdout, flush=True)
        check(ended.returncode == 0, "no finding", "exit code %d" % ended.returncode)


def clear(api):
    """Removes every share, so that the array can be held empty."""
    def ids():
        return [one["id"] for one in api("GET", "/shares?all_tenants=1")["shares"]]

    for one in ids():
        requests.post(api.root + "/shares/%s/action" % one, json={"force_delete": None}, headers=api.headers, timeout=30)
    until(lambda: not ids())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--microversion", required=True)
    parser.add_argument("--examples", type=int, default=6, help="requests per operation of the random phase")
    parser.add_argument("--phases", default="coverage,fuzzing", help="boundary values, random values, or both")
    given = parser.parse_args()
    # Against a hang, with room for a slow machine on which other peers run too.
    step, api = Steps(deadline_seconds=1500), Api(given.root)
    made = step("one of everything is made", one_of_everything, api)
    if made:
        step("every answer at %s is in the document" % given.microversion, fuzz, given, made)
    step("everything is removed again", clear, api)
    step.finish()


main()
