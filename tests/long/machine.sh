#!/usr/bin/env bash
# Builds what a virtual machine boots in which the daemon runs: a kernel of Debian, and an initial RAM disk with the release binary,
# the libraries and the modules that it needs. What the machine keeps is on its disk, which whoever starts it brings along.
#
# usage: tests/long/machine.sh FOLDER          leaves FOLDER/kernel and FOLDER/initramfs
#
# Needs the Debian packages qemu-system-x86, linux-image-cloud-amd64, busybox-static, e2fsprogs, cpio and kmod.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$1
target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
cargo build --release --locked --quiet
binary=$target/release/manilad

kernel=$(find /boot -name 'vmlinuz-*-cloud-amd64' | sort -V | tail -n 1)
version=${kernel#/boot/vmlinuz-}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$folder" "$root"/{bin,modules,data,dev,proc,sys,etc,tmp}

cp /bin/busybox "$root/bin/busybox"
cp "$binary" "$root/bin/manilad"
ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done

# In the order in which they must be loaded.
number=100
for module in virtio_pci virtio_blk virtio_net ext4; do
    modprobe -S "$version" -D "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$root/modules/$number-$(basename "$file")"
    number=$((number + 1))
done

# The daemon's report and its log go to the console. It is started again where it ends by itself.
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs none /dev
$b mount -t proc none /proc
$b mount -t sysfs none /sys
for module in /modules/*; do $b insmod "$module"; done
$b mount -t ext4 /dev/vda /data || { echo "NO DISK"; $b poweroff -f; }
$b hostname node1
$b ifconfig lo 127.0.0.1 up
$b ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
$b route add default gw 10.0.2.2
cd /data
while :; do
    /bin/manilad --config-file /data/manila.conf 2>&1
    echo "THE DAEMON ENDED WITH $?"
    $b sleep 1
done
INIT
chmod +x "$root/init"

cp "$kernel" "$folder/kernel"
(cd "$root" && find . -print0 | cpio --quiet -0 -o -H newc | gzip -1) >"$folder/initramfs"
