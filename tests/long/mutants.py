#!/usr/bin/env python3
"""Changes the pure crates at one place after another, and tells which changes none of their own tests notices.

usage: tests/long/mutants.py [--shard K/N | --since REVISION] [CRATE...]

Needs cargo-mutants. All changes of all crates take about six hours on one processor; a shard is a part of each. With
--since only what was changed since then, by lines that git tells: minutes. Builds in the cache folder.
Prints for each crate how many changes were found, missed, never ended and did not compile. Of the crates that tests/facts/mutants-missed.txt
says to be tried as a whole, it fails where a change is missed that is not in there; that list may only shrink.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("MANILAD_CACHE", pathlib.Path.home() / ".cache" / "manilad"))
KNOWN = ROOT / "tests" / "facts" / "mutants-missed.txt"
CRATES = ["manilad-domain", "manilad-store", "manilad-policy", "manilad-scheduler", "manilad-conf", "manilad-decisions"]


def known():
    """The changes that are missed, and the crates of which these are all."""
    lines = KNOWN.read_text().splitlines()
    listed = [line for line in lines if line.startswith("# Tried as a whole:")]
    return {line for line in lines if line and not line.startswith("#")}, set(re.findall(r"manilad-[a-z]+", " ".join(listed)))


def without_place(name):
    """The name of a change without line and column, which every edit moves."""
    return re.sub(r"^([^:]+):\d+:\d+: ", r"\1: ", name)


def plainly():
    """What cargo is told so that our own crates are built plainly: a change is built and tried once."""
    packages = tomllib.loads((ROOT / "Cargo.toml").read_text())["profile"]["dev"]["package"]
    own = [f"profile.dev.package.{name}.opt-level=0" for name in packages if name.startswith("manilad-")]
    return [f"--cargo-arg=--config={setting}" for setting in ["profile.dev.debug=false", *own]]


def choose(words):
    """What cargo-mutants is told of which changes to try, and the crates that are named."""
    if words[:1] in (["--shard"], ["--since"]) and len(words) == 1:
        sys.exit(f"{words[0]} wants a value\n{__doc__}")
    if words[:1] == ["--shard"]:
        return ["--shard", words[1], "--sharding", "round-robin"], words[2:]
    if words[:1] == ["--since"]:
        path = CACHE / "mutants" / "since.diff"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(subprocess.run(["git", "diff", words[1]], cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True).stdout)
        return ["--in-diff", str(path)], words[2:]
    return [], words


def try_crate(crate, chosen):
    output = CACHE / "mutants" / crate
    output.mkdir(parents=True, exist_ok=True)
    written = output / "mutants.out" / "outcomes.json"
    written.unlink(missing_ok=True)
    command = ["cargo", "mutants", "--package", crate, "--output", str(output), "--minimum-test-timeout", "60", "--no-shuffle"]
    command += [*plainly(), *chosen]
    # What a property that fails would keep lies among the crates, and the workspace could not be read any more.
    own = {"CARGO_TARGET_DIR": str(CACHE / "target" / "mutants"), "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1"}
    env = {**os.environ, **own}
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    # 2: some were missed; 3: some never ended.
    if done.returncode not in (0, 2, 3):
        sys.exit(f"{crate}: cargo mutants ended with {done.returncode}")
    if not written.exists():
        return None, []
    outcomes = json.loads(written.read_text())
    missed = [one["scenario"]["Mutant"]["name"] for one in outcomes["outcomes"] if one["summary"] == "MissedMutant"]
    return outcomes, sorted(without_place(name) for name in missed)


def main():
    if "--help" in sys.argv:
        print(__doc__)
        return False
    chosen, words = choose(sys.argv[1:])
    if unknown := set(words) - set(CRATES):
        sys.exit(f"no such crate: {', '.join(sorted(unknown))}; there are {', '.join(CRATES)}. Options come first.\n{__doc__}")
    (before, listed), failed = known(), False
    for crate in words or CRATES:
        outcomes, missed = try_crate(crate, chosen)
        if outcomes is None:
            print(crate, "has no such change", flush=True)
            continue
        counts = {key: outcomes[key] for key in ("total_mutants", "caught", "missed", "timeout", "unviable")}
        print(crate, ", ".join(f"{key} {count}" for key, count in counts.items()), flush=True)
        for name in missed:
            is_new = name not in before
            failed = failed or is_new and crate in listed
            told = "  missed as before" if not is_new else "  MISSED" if crate in listed else "  missed, of a crate that has no list"
            print(told, name, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
