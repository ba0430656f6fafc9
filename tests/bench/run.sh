#!/usr/bin/env bash
# Measures what the daemon is to reach, side by side with a bare actix-web server: tests/bench/run.sh [--quick] [ROW …]
#
# Build output lives where ./check keeps it.
set -euo pipefail
cd "$(dirname "$0")/../.."

export MANILAD_CACHE="${MANILAD_CACHE:-$HOME/.cache/manilad}"
key="$({ cat Cargo.lock; rustc --version; } | sha256sum | cut -c1-12)"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$MANILAD_CACHE/target/$key}"

exec cargo bench --locked --quiet --bench manilad -- "$@"
