"""The commands of a page of our documentation, as they stand there, through the unmodified `openstack`.

    $MANILAD_PEERS/osc/bin/python page.py --endpoint http://127.0.0.1:8786/v2 --page docs/operators/cifs.md [COMMAND...]

A command is a line of a fenced block that begins with `openstack share`, with or without a prompt, and the lines that it is
continued on by a backslash. They run in order, and each must end well; `COMMAND`s, without the `openstack`, run before
them. What a page shows as output is not compared. A page without any command fails, so a driver that finds none is no proof.
"""

import argparse
import os
import pathlib
import re
import shlex

from flow import OpenStack
from networks import without_neutron
from steps import Steps, check

COMMAND = re.compile(r"\s*(?:\$ )?openstack (share .*)")


def commands(text):
    """Commands of the fenced blocks of a page, each in one line."""
    found = []
    for block in re.findall(r"^ *```[a-z]*\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            command = COMMAND.fullmatch(line)
            if command:
                found.append(command.group(1))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--page", type=pathlib.Path, required=True)
    parser.add_argument("before", nargs="*")
    given = parser.parse_args()
    os.environ.update(OS_AUTH_TYPE="none", OS_ENDPOINT=given.endpoint)
    own = commands(given.page.read_text())
    step = Steps()
    with without_neutron():
        openstack = OpenStack()
        step("the page has commands", check, own, "commands of openstack", own)
        for command in [*given.before, *own]:
            step(command, lambda: openstack("", *shlex.split(command)))
    step.finish()


if __name__ == "__main__":
    main()
