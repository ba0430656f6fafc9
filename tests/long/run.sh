#!/usr/bin/env bash
# A real Linux kernel mounts a share that the daemon made: the embedded default, as somebody meets it who just starts it.
#
# usage: tests/long/run.sh          needs what kernel-mount.sh and tests/clients/peers.sh need; about a minute
set -euo pipefail
cd "$(dirname "$0")/../.."

peers=${MANILAD_PEERS:-$(tests/clients/peers.sh osc)}
target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
cargo build --locked --quiet

folder=$(mktemp -d)
daemon=
put_away() {
    code=$?
    [ -z "$daemon" ] || { kill "$daemon" && wait "$daemon"; } || code=1
    [ "$code" -eq 0 ] || tail -n 30 "$folder/log" >&2
    rm -rf "$folder"
    exit "$code"
}
trap put_away EXIT

# A port of its own, since 8786 may be somebody's.
(cd "$folder" && OS_DEFAULT__OSAPI_SHARE_LISTEN_PORT=0 exec "$target/debug/manilad") >"$folder/report" 2>"$folder/log" &
daemon=$!
endpoint() { sed -n 's|^API *\(http://[^ ]*\).*|\1|p' "$folder/report"; }
for _ in $(seq 300); do
    kill -0 "$daemon"
    [ -z "$(endpoint)" ] || break
    sleep 0.1
done

share() { OS_AUTH_TYPE=none OS_ENDPOINT=$(endpoint) "$peers/osc/bin/openstack" share "$@"; }
share type create kernel false >/dev/null
share create NFS 1 --wait --share-type kernel --name kernel >/dev/null
share access create --wait --access-level rw kernel ip 127.0.0.1 >/dev/null
export=$(share export location list kernel -f value -c Path | head -n 1)
port=$(sed -n 's/^simulator .*NFSv3 on [^ ]*:\([0-9]*\).*/\1/p' "$folder/report")

tests/long/kernel-mount.sh "${export%%:*}" "$port" "${export#*:}"

share access delete --wait kernel "$(share access list kernel -f value -c ID)"
share delete --wait kernel
share type delete kernel
