"""What an operator does to the services of the whole cloud, behind Keystone: when nobody else works with the daemon.

    OS_AUTH_URL=... OS_USERNAME=... $MANILAD_PEERS/osc/bin/python services.py
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import further  # noqa: E402
from flow import OpenStack  # noqa: E402
from steps import Steps  # noqa: E402


if __name__ == "__main__":
    step = Steps(120)
    further.of_services(step, OpenStack())
    step.finish()
