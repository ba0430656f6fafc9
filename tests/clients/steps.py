"""Titled steps with their time and outcome, for the drivers of the peers.

Each step prints one line, `ok <ms> ms <title>` or `FAIL <ms> ms <title>: <what went wrong>`, also when an earlier one
failed. The exit code of the whole is the number of failed steps; a run that hangs is ended by its deadline.
"""

import os
import signal
import sys
import time


class Steps:
    def __init__(self, deadline_seconds=300):
        self.passed = self.failed = 0
        signal.signal(signal.SIGALRM, self._late)
        signal.alarm(deadline_seconds)

    def __call__(self, title, act, *given, **named):
        """Does `act` and hands back what it returns, or None if it raised."""
        began = time.monotonic()
        try:
            result = act(*given, **named)
        except Exception as problem:  # every failure is a line of the report
            self.failed += 1
            self._line("FAIL", began, "%s: %s: %s" % (title, type(problem).__name__, " ".join(str(problem).split())))
            return None
        self.passed += 1
        self._line("ok  ", began, title)
        return result

    def finish(self):
        signal.alarm(0)
        print("%d passed, %d failed" % (self.passed, self.failed), file=sys.__stdout__, flush=True)
        sys.exit(min(self.failed, 125))

    def _line(self, outcome, began, text):
        milliseconds = (time.monotonic() - began) * 1000
        print("%s %7.0f ms  %s" % (outcome, milliseconds, text), file=sys.__stdout__, flush=True)

    def _late(self, *_):
        print("FAIL         not done within the deadline", file=sys.__stdout__, flush=True)
        os._exit(125)  # the step that hangs may swallow an exception


def check(holds, expected, found):
    """Raises unless `holds`, saying what was expected and what was found instead."""
    if not holds:
        raise AssertionError("expected %s, found %s" % (expected, found))
    return found


def until(question, patience_seconds=60, pause_seconds=0.1):
    """Asks until there is a true answer, and hands it back."""
    end = time.monotonic() + patience_seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError("no answer within %d s" % patience_seconds)
        time.sleep(pause_seconds)
