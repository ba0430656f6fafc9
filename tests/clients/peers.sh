#!/usr/bin/env bash
# Foreign clients and services that the tests drive, each unmodified and in a Python environment of its own.
#
#   MANILAD_PEERS=$(tests/clients/peers.sh)            all peers but Horizon and its browser, which only the long form asks for
#   MANILAD_PEERS=$(tests/clients/peers.sh osc sdk)    only these
#
# A peer is a folder here with a requirements.txt, the complete list of its packages and versions. Its environment is
# $MANILAD_CACHE/peers/<peer>-<hash of the list> (MANILAD_CACHE is ~/.cache/manilad unless set), so a changed list gets
# a new one. What is printed is a directory with a link per peer: $MANILAD_PEERS/osc/bin/openstack.
# An environment holds its own path and can't be moved, so it is built in place, under a lock, and counts once its mark
# `.complete` is there; without the mark it is built afresh. PYTHON names the interpreter, CPython 3.11 or later.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${MANILAD_CACHE:-$HOME/.cache/manilad}/peers
python=${PYTHON:-python3}
at_once=2
mkdir -p "$cache"

fail() {
    echo "peers.sh: $*" >&2
    exit 1
}

build() {
    local peer=$1 venv=$2 list=$here/$1/requirements.txt
    exec 9>"$venv.lock"
    flock 9
    [ -e "$venv/.complete" ] && [ -x "$venv/bin/python" ] && return
    echo "peers.sh: installing $peer" >&2
    rm -rf "$venv"
    {
        "$python" -m venv "$venv" &&
            # --no-deps: what the list lacks must show here, not be filled in with today's newest version
            "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$list" &&
            "$venv/bin/python" -m pip check &&
            touch "$venv/.complete"
    } >"$venv.log" 2>&1 9>&- || {
        tail -n 20 "$venv.log" >&2
        fail "$peer could not be installed, see $venv.log"
    }
}

[ $# -gt 0 ] || set -- $(cd "$here" && ls -d */requirements.txt | xargs -n 1 dirname | grep -vx -e horizon -e chromium)

links=() building=()
for peer in "$@"; do
    [ -f "$here/$peer/requirements.txt" ] || fail "no such peer: $peer"
    read -r hash _ < <(sha256sum "$here/$peer/requirements.txt")
    venv=$cache/$peer-${hash:0:12}
    links+=("$peer $venv")
    [ -e "$venv/.complete" ] && [ -x "$venv/bin/python" ] && continue
    while [ "$(jobs -pr | wc -l)" -ge $at_once ]; do wait -n || fail "stopped"; done
    build "$peer" "$venv" &
    building+=($!)
done
for job in "${building[@]}"; do wait "$job" || fail "stopped"; done

read -r hash _ < <(printf '%s\n' "${links[@]}" | sha256sum)
current=$cache/current-${hash:0:12}
if [ ! -d "$current" ]; then
    fresh=$(mktemp -d "$cache/fresh.XXXXXX")
    for link in "${links[@]}"; do ln -s "${link#* }" "$fresh/${link%% *}"; done
    mv -T "$fresh" "$current" 2>/dev/null || rm -rf "$fresh" # somebody else was quicker with the same
    [ -d "$current" ] || fail "$current could not be made"
fi
echo "$current"
