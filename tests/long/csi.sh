#!/usr/bin/env bash
# The calls of the Manila CSI plugin through the client library that it is made with, against the embedded default.
#
# usage: tests/long/csi.sh          needs Go and gophercloud as Debian has them, and what tests/clients/peers.sh needs
set -euo pipefail
cd "$(dirname "$0")/../.."

source tests/long/daemon.sh

share type create csi false --snapshot-support true --create-share-from-snapshot-support true >/dev/null
GO111MODULE=off GOPATH=/usr/share/gocode go run tests/clients/gophercloud/csi.go --endpoint "$(endpoint)" --type csi
share type delete csi
