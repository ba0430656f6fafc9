"""A member's, a reader's and an administrator's day in Horizon: real browsers, real forms, and after each the service asked.

    $MANILAD_PEERS/chromium/bin/python walk.py --horizon http://127.0.0.1:8000 --auth-url http://127.0.0.1:5000/v3

Horizon is that of `serve.py`, Keystone that of `../keystone/serve.py`. The service has a back end without share servers
and one with them that needs no Neutron, has nothing in it before and nothing afterwards. `chromium` and `chromedriver`
are in the PATH.
"""

import argparse
import pathlib
import signal
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import administration  # noqa: E402
import networks  # noqa: E402
import shares  # noqa: E402
from cast import USERS, Cast, lists  # noqa: E402
from steps import Steps, check  # noqa: E402

# What a project has, page by page.
LISTS = [("shares/", "shares"), ("share_snapshots/", "share_snapshots"), ("share_networks/", "share_networks"),
         ("security_services/", "security_services"), ("share_groups/", "share_groups"),
         ("share_group_snapshots/", "share_group_snapshots"), ("user_messages/", "user_messages"),
         ("resource_locks/", "shares_locks")]


def all_empty(person):
    for path, table in LISTS:
        lists(person.page, "/project/" + path, table, [])


def no_page_failed(pages):
    for page in pages:
        page.gather()
        failed = [request for request in page.requests if request[2] >= 500]
        check(page.requests and not failed, "no answer of 5xx", failed)


def no_request_failed(endpoint):
    """The daemon counts its answers by their codes."""
    with urllib.request.urlopen(urllib.parse.urljoin(endpoint, "/metrics"), timeout=120) as reply:
        counts = [line for line in reply.read().decode().splitlines() if line.startswith("manilad_http_requests_total{")]
    failed = [line for line in counts if 'status="5' in line]
    check(counts and not failed, "no answer of 5xx", failed)


def walk(step, cast):
    ann, admin, ray = cast.ann, cast.admin, cast.ray
    step("a member's lists are empty", all_empty, ann)
    administration.make_types(step, cast)
    snapshot = shares.walk(step, cast)
    service, server = networks.walk(step, cast)
    administration.walk(step, cast)
    step("a reader looks and changes nothing", lambda: administration.may_only_look(
        ray, [share["id"] for share in ann.api.get("/shares")]))
    step("a locked share", shares.delete_locked, ann)
    step("delete a snapshot", shares.delete_snapshot, ann, snapshot)
    administration.let_go_and_take_back(step, cast)
    step("delete a share by its row", administration.delete_managed, admin)
    step("delete shares by their boxes", shares.delete_several, ann, ["docs", "apart", "vain"])
    networks.tidy(step, cast, service, server)
    step("delete share types", administration.delete_types, admin)
    step("a reader's lists are empty", all_empty, ray)
    administration.look(step, cast, "with nothing")
    step("no page of Horizon failed", no_page_failed, cast.pages)
    step("no request to the daemon failed", no_request_failed, admin.api.endpoint)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--horizon", required=True, help="address of Horizon")
    arguments.add_argument("--auth-url", required=True, help="the identity service")
    arguments.add_argument("--deadline", type=int, default=3600, help="seconds for the whole walk")
    given = arguments.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the browsers are closed then
    step, cast = Steps(given.deadline), Cast()
    try:
        for user, project in USERS:
            step("%s logs in" % user, cast.enter, given.horizon, given.auth_url, user, project)
        if step.failed == 0:
            walk(step, cast)
    finally:
        cast.leave()
    step.finish()


if __name__ == "__main__":
    main()
