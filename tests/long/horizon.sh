#!/usr/bin/env bash
# Horizon with manila-ui, unmodified, behind a real Keystone, driven in headless Chromium, against the daemon with its
# simulated array: what members, readers and administrators do there, and what the service and the array hold afterwards.
#
# usage: tests/long/horizon.sh
#
# MANILAD_BINARY names a daemon that is built already. Needs Debian's chromium, chromium-driver, curl and python3-venv, and
# what tests/clients/peers.sh needs; some minutes, and one or two more the first time, when Horizon is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

binary=${MANILAD_BINARY:-}
if [ -z "$binary" ]; then
    target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
    cargo build --locked --quiet
    binary=$target/debug/manilad
fi
peers=$(tests/clients/peers.sh keystone horizon chromium)

folder=$(mktemp -d)
declare -A started=()
walk=
end() {
    kill "${started[$1]}" && wait "${started[$1]}" || code=$?
    unset "started[$1]"
}
# The browsers that somebody left who was ended early are in the session of the walk, and nothing else is.
close_browsers() {
    local left
    left=$(ps -o pid= --sid "$walk" || true)
    [ -z "$left" ] || kill $left 2>/dev/null || true
}
put_away() {
    code=$?
    [ -z "$walk" ] || close_browsers
    [ "$code" -eq 0 ] || for name in daemon keystone horizon; do
        echo "== $name" >&2
        tail -n 30 "$folder/$name.log" >&2 || true
    done
    for name in "${!started[@]}"; do end "$name"; done
    rm -rf "$folder"
    exit "$code"
}
trap put_away EXIT

begin() {
    local name=$1
    shift
    "$@" >"$folder/$name" 2>"$folder/$name.log" &
    started[$name]=$!
}
# Waits until a line that begins so is in what a process prints.
until_it_says() {
    for _ in $(seq 3000); do
        kill -0 "${started[$1]}"
        ! grep -q "^$2" "$folder/$1" || return 0
        sleep 0.1
    done
    echo "horizon.sh: $1 is not up after 5 minutes" >&2
    return 1
}

read -r identity dashboard nfs < <(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(socket.getsockname()[1] for socket in sockets))')
auth_url=http://127.0.0.1:$identity/v3

cat >"$folder/manila.conf" <<END
[DEFAULT]
auth_strategy = keystone
osapi_share_listen = 127.0.0.1
osapi_share_listen_port = 0
enabled_share_backends = alpha,beta
state_path = $folder/var
[keystone_authtoken]
auth_url = $auth_url
auth_type = password
username = manila
password = manila-pass
project_name = service
user_domain_id = default
project_domain_id = default
[manilad]
simulator = true
simulator_nfs_port = $nfs
[alpha]
share_driver = manila.share.drivers.netapp.common.NetAppDriver
share_backend_name = alpha
driver_handles_share_servers = False
netapp_vserver = svm1
[beta]
share_driver = manila.share.drivers.netapp.common.NetAppDriver
share_backend_name = beta
driver_handles_share_servers = True
network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin
standalone_network_plugin_gateway = 127.13.0.1
standalone_network_plugin_mask = 16
END
begin daemon "$binary" --config-file "$folder/manila.conf"
until_it_says daemon API
endpoint=$(sed -n 's|^API *\(http://[^ ]*\).*|\1|p' "$folder/daemon")
begin keystone "$peers/keystone/bin/python" tests/clients/keystone/serve.py --port "$identity" --endpoint "$endpoint" \
    --token-seconds 14400
begin horizon "$peers/horizon/bin/python" tests/clients/horizon/serve.py --port "$dashboard" --auth-url "$auth_url"
until_it_says keystone READY
until_it_says horizon READY

TMPDIR=$folder setsid "$peers/chromium/bin/python" tests/clients/horizon/walk.py \
    --horizon "http://127.0.0.1:$dashboard" --auth-url "$auth_url" &
walk=$!
wait "$walk"

code=0
end daemon
[ "$code" -eq 0 ]
! grep -E ' ERROR |panicked' "$folder/daemon.log"

# The array as the daemon left it has the root of its one SVM, and neither volumes nor SVMs of tenants.
begin array "$binary" sim --state "$folder/var/sim" --listen 127.0.0.1:0 --nfs-port "$nfs"
until_it_says array "ONTAP REST"
rest=$(sed -n 's|^ONTAP REST *\(http://[^ ]*\).*|\1|p' "$folder/array")
for noun in storage/volumes svm/svms; do
    left=$(curl -fsS -u admin:password "$rest/$noun")
    [[ $left == *'"num_records":1,'* ]] || {
        echo "left on the array, $noun: $left" >&2
        exit 1
    }
done
