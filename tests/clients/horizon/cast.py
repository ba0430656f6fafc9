"""Who is in the walk: users at Horizon, each with a browser, and the same users asking the services themselves."""

from browser import Browser
from cloud import Caller
from steps import check

USERS = [("ann", "alpha"), ("admin", "admin"), ("ray", "alpha")]


class Person:
    """Somebody with a browser of their own, `page`, and a token, `api`."""

    def __init__(self, page, api):
        self.page, self.api = page, api


class Cast:
    """`ann`, a member of alpha, `ray`, a reader there, and `admin`."""

    def __init__(self):
        self.pages = []

    def enter(self, horizon, auth_url, user, project):
        page = Browser(horizon, user)
        self.pages.append(page)
        page.log_in()
        setattr(self, user, Person(page, Caller(auth_url, user, project)))

    def leave(self):
        for page in self.pages:
            page.close()


def agrees(found, **expected):
    """Checks fields of an answer, and hands it back."""
    check(found is not None, "something that there is", found)
    differing = {field: found.get(field) for field, value in expected.items() if found.get(field) != value}
    check(not differing, {field: expected[field] for field in differing}, differing)
    return found


def lists(page, path, table, ids):
    """Opens a page and checks that its table has these rows and no other."""
    page.open(path)
    found = sorted(row["id"] for row in page.rows(table))
    check(found == sorted(ids), "%s with %s" % (table, sorted(ids)), found)


def tells(page, path, *texts):
    """Opens a page and checks what it says."""
    page.open(path)
    said = page.text()
    missing = [text for text in texts if text not in said]
    check(not missing, "a page with %s" % missing, said[:2000])
