#!/usr/bin/env bash
# A real Linux kernel mounts a share that the daemon made: the embedded default, as somebody meets it who just starts it.
#
# usage: tests/long/run.sh          needs what kernel-mount.sh and tests/clients/peers.sh need; about a minute
set -euo pipefail
cd "$(dirname "$0")/../.."

source tests/long/daemon.sh

share type create kernel false >/dev/null
share create NFS 1 --wait --share-type kernel --name kernel >/dev/null
share access create --wait --access-level rw kernel ip 127.0.0.1 >/dev/null
export=$(share export location list kernel -f value -c Path | head -n 1)
port=$(sed -n 's/^simulator .*NFSv3 on [^ ]*:\([0-9]*\).*/\1/p' "$folder/report")

tests/long/kernel-mount.sh "${export%%:*}" "$port" "${export#*:}"

share access delete --wait kernel "$(share access list kernel -f value -c ID)"
share delete --wait kernel
share type delete kernel
