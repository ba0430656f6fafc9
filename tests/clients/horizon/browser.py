"""Somebody at Horizon: a headless Chromium of their own, which reads tables, presses buttons and fills in forms.

Every page has to be answered with 200 and has to be without errors, unless a caller expects one. `requests` keeps all
that the browser asked for, with the codes of the answers.
"""

import json
import shutil
import tempfile
import urllib.parse

from selenium import webdriver
from selenium.common.exceptions import WebDriverException

from steps import check, until

PATIENCE_SECONDS = 300
SWITCHES = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-software-rasterizer", "--disable-dev-shm-usage",
            "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--no-first-run", "--no-default-browser-check", "--no-proxy-server", "--window-size=1600,1200"]

ALERTS = """
return Array.from(document.querySelectorAll(".alert-" + arguments[0]), alert =>
    (alert.querySelector(".close") ? alert.textContent.replace(alert.querySelector(".close").textContent, "")
                                   : alert.textContent).replace(/\\s+/g, " ").trim());
"""
ROWS = """
const table = document.getElementById(arguments[0]);
if (!table) return null;
const titles = Array.from(table.querySelectorAll("thead tr:last-of-type th"), th => th.textContent.trim());
return Array.from(table.querySelectorAll("tbody tr[data-object-id]"), row => {
    const cells = Array.from(row.cells, cell => cell.innerText.replace(/\\s+/g, " ").trim());
    return Object.assign({id: row.dataset.objectId}, Object.fromEntries(titles.map((title, n) => [title, cells[n]])));
});
"""
# Select boxes are hidden behind what a theme shows, and lists of members behind two columns: so fields are set, and told so.
FILL = """
const [scope, values] = arguments;
const form = document.querySelector(scope + " form");
for (const [name, value] of Object.entries(values)) {
    const fields = Array.from(form.elements).filter(field => field.name === name);
    if (fields.length === 0) throw new Error("there is no field " + name);
    for (const field of fields) {
        if (field.type === "checkbox") {
            field.checked = value;
        } else if (field.multiple) {
            for (const option of field.options) option.selected = value.includes(option.value);
        } else {
            field.value = value;
            if (field.value !== value && field.tagName === "SELECT") throw new Error(name + " can't be " + value);
        }
        field.dispatchEvent(new Event("change", {bubbles: true}));
    }
}
"""
SUBMIT = "document.querySelector(arguments[0] + ' form').submit()"
CLICK = "document.getElementById(arguments[0]).click()"
# A form that is a page of its own, and one that is a workflow.
PAGE = ":is(.static_page, .workflow)"


class Browser:
    def __init__(self, horizon, user):
        self.horizon, self.requests, self._user = horizon, [], user
        self._profile = tempfile.mkdtemp(prefix="manilad-chromium-")
        options = webdriver.ChromeOptions()
        for switch in [*SWITCHES, "--user-data-dir=" + self._profile]:
            options.add_argument(switch)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
        options.page_load_strategy = "none"  # what is waited for is said here
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        self._driver = webdriver.Chrome(options, service)
        self._driver.set_script_timeout(PATIENCE_SECONDS)

    def log_in(self):
        self.open("/auth/login/")
        self.script(FILL, "body", {"username": self._user, "password": self._user + "-pass"})
        self._leave(SUBMIT, "body")
        path = urllib.parse.urlsplit(self._driver.current_url).path
        check(path == "/project/shares/", "the list of shares after the login", path)

    def close(self):
        self._driver.quit()
        shutil.rmtree(self._profile, ignore_errors=True)

    def script(self, text, *given):
        return self._driver.execute_script(text, *given)

    def text(self):
        return self.script("return document.getElementById('content_body')?.innerText") or ""

    def open(self, path):
        self.script("window.isOld = true")
        self._driver.get(self.horizon + path)
        self._arrive()
        self._judge()

    def rows(self, table):
        """The rows of a table, each with its id and the texts of its columns."""
        rows = self.script(ROWS, table)
        check(rows is not None, "a table " + table, self.text()[:500])
        return rows

    def row(self, table, name, column="Name"):
        found = [row for row in self.rows(table) if row[column] == name]
        check(len(found) == 1, "one row %s in %s" % (name, table), self.rows(table))
        return found[0]

    def becomes(self, table, row_id, column, value):
        """Waits until a row, which the page brings up to date by itself, has this value."""
        def has_it():
            return [row for row in self.rows(table) if row["id"] == row_id and row[column] == value]

        try:
            return until(has_it, PATIENCE_SECONDS, 0.3)[0]
        except TimeoutError:
            raise AssertionError("expected %s %s of %s, found %s" % (column, value, row_id, self.rows(table))) from None

    def vanishes(self, table, row_id):
        """Waits until the page has taken a row away by itself."""
        until(lambda: all(row["id"] != row_id for row in self.rows(table)), PATIENCE_SECONDS, 0.3)

    def has(self, element_id):
        return self.script("return document.getElementById(arguments[0]) !== null", element_id)

    def value(self, field):
        return self.script("return document.querySelector(arguments[0] + ' form').elements[arguments[1]].value", PAGE, field)

    def follow(self, table, row_id, action):
        """Goes where a button leads, as a page of its own."""
        path = self.script("return document.getElementById(arguments[0])?.getAttribute('href')",
                           button(table, row_id, action))
        self.open(check(path, "a button " + button(table, row_id, action), path))

    def submit(self, values, refused=None, says=None):
        """Fills in the form of the page and sends it; `says` is in what Horizon has to say of it."""
        self.script(FILL, PAGE, values)
        self._leave(SUBMIT, PAGE)
        self._judge(refused)
        if not refused:
            told = self.alerts("success") + self.alerts("info")
            check(any((says or "") in text for text in told), "a message with %r" % says, told or self.text()[:500])

    def in_modal(self, button_id, values, says=None):
        """Presses a button that opens a form over the page, fills it in and presses its button."""
        self.script(CLICK, button_id)
        until(lambda: self.script("return document.querySelector('.modal.in form') !== null"), PATIENCE_SECONDS)
        self.script(FILL, ".modal.in", values)
        self._leave("document.querySelector('.modal.in form [type=submit]').click()")
        self._judge()
        check(any((says or "") in text for text in self.alerts("success")), "a message with %r" % says, self.text()[:500])

    def delete(self, table, ids, refused=None):
        """Deletes by the button of a row, or by the boxes of several rows and the button of the table."""
        if len(ids) == 1:
            pressed = button(table, ids[0], "delete")
        else:
            for row_id in ids:
                self.script("document.getElementById(arguments[0]).querySelector('[type=checkbox]').click()",
                            "%s__row__%s" % (table, row_id))
            pressed = table + "__action_delete"
        check(self.has(pressed), "a button " + pressed, None)
        self.script(CLICK, pressed)
        until(lambda: self.script("return document.querySelector('.modal.in .btn-danger') !== null"), PATIENCE_SECONDS)
        self._leave("document.querySelector('.modal.in .btn-danger').click()")
        self._judge(refused)

    def alerts(self, kind):
        return self.script(ALERTS, kind)

    def gather(self):
        """Takes over what the browser has asked for since the last time."""
        for entry in self._driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.responseReceived":
                reply = message["params"]["response"]
                self.requests.append((message["params"]["type"], reply["url"], reply["status"]))

    def _leave(self, script, *given):
        """Does what leads to another page, and waits for it."""
        self.script("window.isOld = true; " + script, *given)
        self._arrive()

    def _arrive(self):
        def is_new():
            try:
                return self.script("return !window.isOld && location.protocol === 'http:' "
                                   "&& document.readyState === 'complete'")
            except WebDriverException:  # between two pages
                return False

        until(is_new, PATIENCE_SECONDS, 0.3)

    def _judge(self, refused=None):
        self.gather()
        url = self._driver.current_url.partition("#")[0]
        codes = [code for kind, asked, code in self.requests if kind == "Document" and asked == url]
        check(codes and codes[-1] == 200, "200 for " + url, codes[-1:])
        errors = self.alerts("danger")
        if refused:
            check(any(refused in error for error in errors), "an error with %r" % refused, errors)
        else:
            check(errors == [], "no error", errors)


def button(table, row_id, action):
    return "%s__row_%s__action_%s" % (table, row_id, action)
