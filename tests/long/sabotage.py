#!/usr/bin/env python3
"""Breaks the promises of docs/broken-promises*.md on purpose, one after another, and sees whether the trial finds it.

usage: tests/long/sabotage.py [NAME...]

Some are found by the crash matrix or by the tests of one crate: there it is said with what words after `cargo test`.
Each change is applied to a copy of the tree in the cache folder, which is built into an output folder of its own: cargo takes what was
built of one copy for what another one needs, and the tree's own tests would run what is broken here.
Prints a row for each, and fails where one was not found, or where something else was broken than is said there.
"""
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("MANILAD_CACHE", pathlib.Path.home() / ".cache" / "manilad"))
COPY = CACHE / "sabotage"
OUTPUT = CACHE / "target" / "sabotage"
SEEDS = "1..51"
TEST = ["cargo", "test", "--workspace", "--locked", "--quiet"]


def changes():
    """Each change: its name, what finds it, what it is to break, and for each file what is replaced by what."""
    text = "".join(page.read_text() for page in sorted((ROOT / "docs").glob("broken-promises*.md")))
    for part in re.split(r"^### ", text, flags=re.M)[1:]:
        name = part.split("\n", 1)[0].strip()
        breaks = re.search(r"Breaks: `([^`]+)`", part)
        finder = re.search(r"Found by: `([^`]+)`", part)
        block = re.search(r"```diff\n(.*?)```", part, flags=re.S).group(1)
        files = []
        for hunk in re.split(r"^--- ", block, flags=re.M)[1:]:
            path, lines = hunk.split("\n", 1)
            lines = lines.splitlines(keepends=True)
            old = "".join(line[1:] for line in lines if line[0] in " -")
            new = "".join(line[1:] for line in lines if line[0] in " +")
            # A piece of a line may end what is replaced.
            files.append((path.strip(), old.rstrip("\n"), new.rstrip("\n")))
        yield name, finder and finder.group(1).split(), breaks.group(1) if breaks else "", files


def run(command, **more):
    own = {**os.environ, "CARGO_TARGET_DIR": str(OUTPUT)}
    return subprocess.run(command, cwd=COPY, env=own, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def copy():
    """The tree as it is, with the times of its files, so that only what differs is built anew."""
    COPY.mkdir(parents=True, exist_ok=True)
    kept = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True).stdout
    for name in filter(None, kept.split("\0")):
        there, here = COPY / name, ROOT / name
        if there.exists() and there.read_bytes() == here.read_bytes():
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(here.read_bytes())


def play(breaks):
    """Plays seeds until one fails: what was broken, and whether it is what was said."""
    began = time.monotonic()
    played = run([*TEST, "--test", "trial", "--", "--seeds", SEEDS, "--stop"])
    took = time.monotonic() - began
    broken = re.findall(r"^BROKEN seed=(\d+) (.*)$", played.stdout, flags=re.M)
    if not broken:
        return f"not found in seeds {SEEDS}, {took:.0f} s", False
    named = [(seed, what) for seed, what in broken if re.search(breaks, what)]
    seed, what = (named or broken)[0]
    lasted = re.search(rf"^seed {seed}: (\d+) s", played.stdout, flags=re.M)
    said = "" if named else "NOT WHAT WAS SAID: "
    return f"seed {seed} after {lasted.group(1) if lasted else '?'} simulated s, {took:.0f} s: {said}{what[:160]}", bool(named)


def ask(finder, breaks):
    """Runs the tests that find it."""
    done = run([*TEST, *finder])
    broken = [line for line in done.stdout.splitlines() if re.search(breaks or "FAILED", line)]
    return f"{' '.join(finder)}: {broken[0][:160] if broken else 'nothing'}", done.returncode != 0 and bool(broken)


def sabotage(finder, breaks, files):
    kept = {}
    try:
        for path, old, new in files:
            text = kept.setdefault(path, (COPY / path).read_text())
            if text.count(old) != 1:
                return f"{path}: what is to be replaced is there {text.count(old)} times", False
            (COPY / path).write_text(text.replace(old, new))
        target = finder[: finder.index("--")] if finder else ["--test", "trial"]
        built = run([*TEST, *target, "--no-run"])
        if built.returncode != 0:
            return "does not compile: " + built.stdout[-2000:], False
        return ask(finder, breaks) if finder else play(breaks)
    finally:
        for path, text in kept.items():
            (COPY / path).write_text(text)


def main():
    if "--help" in sys.argv:
        print(__doc__)
        return False
    asked = set(sys.argv[1:])
    known = list(changes())
    if unknown := asked - {name for name, *_ in known}:
        sys.exit(f"no such change: {', '.join(sorted(unknown))}")
    copy()
    failed = 0
    if not asked:
        told, is_broken = play("")
        print(f"{'BROKEN' if is_broken else 'clean '} as it is: {told}", flush=True)
        failed += is_broken
    for name, finder, breaks, files in known:
        if asked and name not in asked:
            continue
        told, is_found = sabotage(finder, breaks, files)
        failed += not is_found
        print(f"{'found ' if is_found else 'FAILED'} {name}: {told}", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
