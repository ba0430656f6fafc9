# Starts the daemon with its embedded default, and ends it with the script that reads this file: `source tests/long/daemon.sh`, at the
# root of the project. `share` is the unmodified client, `endpoint` the address, `$folder/report` what the daemon says at its start.

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
