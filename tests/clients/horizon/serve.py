"""A real Horizon with manila-ui for tests: one process, sessions in memory, no web server around it.

    $MANILAD_PEERS/horizon/bin/python serve.py --port 8000 --auth-url http://127.0.0.1:5000/v3

Prints READY when it can be used and stops on SIGTERM. Whatever else it needs is in Keystone's catalogue.

Horizon takes plugins and settings from its own package only, and its style sheets and scripts are compiled before it
serves them. Both are done once per environment, under a lock; a mark in the environment remembers for which settings.
What differs from run to run comes in by environment variables.
"""

import argparse
import fcntl
import hashlib
import logging
import mimetypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import wsgiref.util

# A cloud without Nova has no page at /project/, where Horizon would go after the login.
SETTINGS = """
import os
from openstack_dashboard.settings import HORIZON_CONFIG

DEBUG = False
ALLOWED_HOSTS = ["*"]
WEBROOT = "/"
SECRET_KEY = "known to everybody, since it is for tests"
LOCAL_PATH = os.environ["HORIZON_STATE"]
STATIC_ROOT = os.environ["HORIZON_STATIC"]
OPENSTACK_KEYSTONE_URL = os.environ["HORIZON_AUTH_URL"]
OPENSTACK_ENDPOINT_TYPE = "publicURL"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
COMPRESS_OFFLINE = True
HORIZON_CONFIG["user_home"] = "/project/shares/"
"""
# Where manila-ui has its parts, and where Horizon looks for them.
PLUGIN = [
    ("local/enabled/_*.py", "local/enabled"),
    ("local/local_settings.d/_*.py", "local/local_settings.d"),
    ("conf/manila_policy.yaml", "conf"),
    ("conf/default_policies/manila.yaml", "conf/default_policies"),
]
COMPILATION = [["collectstatic", "--noinput", "--verbosity", "0"], ["compress", "--force", "--verbosity", "0"]]

static = pathlib.Path(sys.prefix) / "static"


def packages():
    """Folders of Horizon and manila-ui. Importing them would read the settings."""
    from importlib.util import find_spec

    return [pathlib.Path(find_spec(name).origin).parent for name in ("openstack_dashboard", "manila_ui")]


def prepare(auth_url):
    """Puts manila-ui and the settings into Horizon, unless they are there."""
    mark = pathlib.Path(sys.prefix) / ".prepared"
    wanted = hashlib.sha256(repr((SETTINGS, PLUGIN, COMPILATION)).encode()).hexdigest()
    with open(mark.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists() and mark.read_text() == wanted:
            return
        mark.unlink(missing_ok=True)
        horizon, plugin = packages()
        for pattern, folder in PLUGIN:
            for file in plugin.glob(pattern):
                shutil.copy(file, horizon / folder)
        (horizon / "local/local_settings.py").write_text(SETTINGS)
        shutil.rmtree(static, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="manilad-horizon-") as state:
            for words in COMPILATION:
                subprocess.run([sys.executable, "-m", "django", *words], env=environment(state, auth_url), check=True,
                               stdout=sys.stderr)
        mark.write_text(wanted)


def environment(state, auth_url):
    return os.environ | {"DJANGO_SETTINGS_MODULE": "openstack_dashboard.settings", "HORIZON_STATE": str(state),
                         "HORIZON_STATIC": str(static), "HORIZON_AUTH_URL": auth_url}


def with_static_files(application):
    """Django serves none of them unless it is debugged."""
    def answer(request, start):
        path = request["PATH_INFO"]
        if not path.startswith("/static/"):
            return application(request, start)
        file = static / path.removeprefix("/static/")
        if not file.is_file():
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"no such file"]
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        start("200 OK", [("Content-Type", kind), ("Content-Length", str(file.stat().st_size)),
                         ("Cache-Control", "max-age=86400")])
        return wsgiref.util.FileWrapper(open(file, "rb"), 65536)

    return answer


def listen(port):
    """Starts the server's threads and returns when connections are accepted."""
    from openstack_dashboard.wsgi import application
    import waitress.server

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = waitress.server.create_server(with_static_files(application), host="127.0.0.1", port=port, threads=8)
    threading.Thread(target=server.run, daemon=True).start()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--auth-url", required=True, help="the identity service")
    given = arguments.parse_args()

    stops = {signal.SIGTERM, signal.SIGINT}
    with tempfile.TemporaryDirectory(prefix="manilad-horizon-") as state:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # while it prepares; the directory goes too
        prepare(given.auth_url)
        os.environ.update(environment(state, given.auth_url))
        signal.pthread_sigmask(signal.SIG_BLOCK, stops)  # before there are threads, which inherit it
        report = os.fdopen(os.dup(1), "w")  # Horizon's standard output becomes its standard error
        listen(given.port)
        print("READY", file=report, flush=True)
        signal.sigwait(stops)


if __name__ == "__main__":
    main()
