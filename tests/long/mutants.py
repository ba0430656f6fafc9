#!/usr/bin/env python3
"""Changes the pure crates at one place after another, and tells which changes none of their own tests notices.

usage: tests/long/mutants.py [--shard K/N] [CRATE...]

Needs cargo-mutants. All changes of all crates take about ten hours on one processor; a shard is a part of each. Builds in the cache folder.
Prints for each crate how many changes were found, missed, never ended and did not compile. Fails where a change is missed that is not in
tests/facts/mutants-missed.txt, which may only shrink.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("MANILAD_CACHE", pathlib.Path.home() / ".cache" / "manilad"))
KNOWN = ROOT / "tests" / "facts" / "mutants-missed.txt"
CRATES = ["manilad-domain", "manilad-store", "manilad-policy", "manilad-scheduler", "manilad-conf"]


def known():
    lines = KNOWN.read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def without_place(name):
    """The name of a change without line and column, which every edit moves."""
    return re.sub(r"^([^:]+):\d+:\d+: ", r"\1: ", name)


def try_crate(crate, shard):
    output = CACHE / "mutants" / crate
    output.mkdir(parents=True, exist_ok=True)
    command = ["cargo", "mutants", "--package", crate, "--output", str(output), "--minimum-test-timeout", "60", "--no-shuffle"]
    if shard:
        command += ["--shard", shard, "--sharding", "round-robin"]
    # What a property that fails would keep lies among the crates, and the workspace could not be read any more.
    own = {"CARGO_TARGET_DIR": str(CACHE / "target" / "mutants"), "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1"}
    env = {**os.environ, **own}
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    # 2: some were missed; 3: some never ended.
    if done.returncode not in (0, 2, 3):
        sys.exit(f"{crate}: cargo mutants ended with {done.returncode}")
    outcomes = json.loads((output / "mutants.out" / "outcomes.json").read_text())
    missed = [one["scenario"]["Mutant"]["name"] for one in outcomes["outcomes"] if one["summary"] == "MissedMutant"]
    return outcomes, sorted(without_place(name) for name in missed)


def main():
    words = sys.argv[1:]
    shard = None
    if words[:1] == ["--shard"]:
        shard, words = words[1], words[2:]
    if unknown := set(words) - set(CRATES):
        sys.exit(f"no such crate: {', '.join(sorted(unknown))}; there are {', '.join(CRATES)}")
    before, failed = known(), False
    for crate in words or CRATES:
        outcomes, missed = try_crate(crate, shard)
        counts = {key: outcomes[key] for key in ("total_mutants", "caught", "missed", "timeout", "unviable")}
        print(crate, ", ".join(f"{key} {count}" for key, count in counts.items()), flush=True)
        for name in missed:
            is_new = name not in before
            failed = failed or is_new
            print("  MISSED" if is_new else "  missed as before", name, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
