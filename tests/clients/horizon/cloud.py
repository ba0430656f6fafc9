"""What the services themselves say of that which was done in Horizon: Keystone and the share service, asked without it."""

import json
import urllib.error
import urllib.request

MICROVERSION = "2.87"  # the one that manila-ui asks for


class Caller:
    """Somebody with a token of a project."""

    def __init__(self, auth_url, user, project):
        self.auth_url = auth_url
        domain = {"id": "default"}
        who = {"name": user, "domain": domain, "password": user + "-pass"}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": who}},
                         "scope": {"project": {"name": project, "domain": domain}}}}
        reply, headers = self._send("POST", auth_url + "/auth/tokens", body, {})
        self.token = headers["X-Subject-Token"]
        self.project_id = reply["token"]["project"]["id"]
        services = {service["type"]: service for service in reply["token"]["catalog"]}
        self.endpoint = services["sharev2"]["endpoints"][0]["url"]

    def ask(self, method, path, body=None):
        """The answer's body. A refusal is an exception with the answer's code and text."""
        headers = {"X-Auth-Token": self.token, "X-OpenStack-Manila-API-Version": MICROVERSION}
        return self._send(method, self.endpoint + path, body, headers)[0]

    def get(self, path):
        """What is in the answer: there is one thing, beside links to further pages."""
        return next(iter(self.ask("GET", path).values()))

    def named(self, collection, name):
        """The one thing of this name in a list, or None."""
        found = [thing for thing in self.get(collection) if thing["name"] == name]
        return found[0] if len(found) == 1 else None

    def project(self, name):
        reply, _ = self._send("GET", "%s/projects?name=%s" % (self.auth_url, name), None, {"X-Auth-Token": self.token})
        return reply["projects"][0]["id"]

    @staticmethod
    def _send(method, url, body, headers):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                text = reply.read()
                return json.loads(text) if text else None, reply.headers
        except urllib.error.HTTPError as refusal:
            raise RuntimeError("%s %s: %d %s" % (method, url, refusal.code, refusal.read().decode())) from None
