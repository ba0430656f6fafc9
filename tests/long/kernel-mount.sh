#!/bin/sh
# Mounts an NFSv3 export with a real Linux kernel, in a virtual machine, and does with it what hosts do.
#
# usage: kernel-mount.sh HOST PORT EXPORT        such as: kernel-mount.sh 127.0.0.1 2049 /share_1
#
# NFS and MOUNT are expected on the same TCP port, and the export must be writable for the address that this machine
# uses towards HOST. Needs root and Debian: it installs qemu, busybox and cpio, and unpacks a kernel without installing it.
# Exit code: 0 if everything held, 1 if something did not, 2 if the test could not be made.
set -eu

[ $# -eq 3 ] || { sed -n '4,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
host=$1 port=$2 export=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM

unprepared() { echo "kernel-mount: $*" >&2; exit 2; }

apt-get install -y --no-install-recommends qemu-system-x86 busybox-static cpio >"$work/apt.log" 2>&1 ||
    { apt-get update && apt-get install -y --no-install-recommends qemu-system-x86 busybox-static cpio; } >"$work/apt.log" 2>&1 ||
    unprepared "cannot install qemu-system-x86, busybox-static and cpio: $(tail -1 "$work/apt.log")"
package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p' | head -1)
[ -n "$package" ] || unprepared "no linux-image-cloud-amd64 in the package lists"
(cd "$work" && apt-get download "$package" >"$work/apt.log" 2>&1 && dpkg-deb -x ./*.deb kernel) ||
    unprepared "cannot fetch $package: $(tail -1 "$work/apt.log")"

# The initial file system: busybox, the modules in the order in which they need each other, and the test.
root=$work/root
mkdir -p "$root/bin" "$root/modules" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/mnt"
cp "$(command -v busybox)" "$root/bin/busybox"
number=10
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci failover net_failover virtio_net \
    grace sunrpc nfs_acl lockd netfs fscache nfs nfsv3; do
    file=$(find "$work/kernel" -name "$module.ko*" | head -1)
    case $file in
        '') continue ;; # built in, or not in this release
        *.xz) xz -dc "$file" >"$root/modules/$number-$module.ko" ;;
        *) cp "$file" "$root/modules/$number-$module.ko" ;;
    esac
    number=$((number + 1))
done

cat >"$root/init" <<GUEST
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin EXPORT='$export'
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for module in /modules/*; do insmod \$module || echo "no \$module"; done
ip link set lo up; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0
sh -eu /test && echo KERNEL-MOUNT-HELD
umount /mnt
poweroff -f
GUEST
chmod +x "$root/init"

cat >"$root/test" <<'GUEST'
say() { echo "== $*"; }
options=vers=3,proto=tcp,port=2049,mountproto=tcp,mountport=2049,nolock,addr=10.0.2.100
again() { umount /mnt 2>/dev/null || :; mount -t nfs -o "$options" "10.0.2.100:$EXPORT" /mnt; }

say mount; again; df -h /mnt
here=/mnt/kernel-mount.$$; rm -rf "$here"; mkdir "$here"; cd "$here"

say write and read back; dd if=/dev/urandom of=/tmp/data bs=64k count=128 2>/dev/null
cp /tmp/data data; sync; sum=$(md5sum </tmp/data)
cd /; again; cd "$here"; [ "$(md5sum <data)" = "$sum" ]

say append, overwrite and truncate; printf one >text; printf two >>text; [ "$(cat text)" = onetwo ]
printf X | dd of=text bs=1 seek=1 conv=notrunc 2>/dev/null; [ "$(cat text)" = oXetwo ]; : >text; [ ! -s text ]

say names; mkdir -p a/b/c; mv text a/b/c/moved; mv a/b d; [ -f d/c/moved ]; [ ! -e a/b ]
ln data hard; [ "$(stat -c %h data)" = 2 ]; rm hard; [ "$(stat -c %h data)" = 1 ]
ln -s d/c/moved soft; [ "$(readlink soft)" = d/c/moved ]; cat soft; ln -s /proc/self out; [ -d out ]
! rmdir d 2>/dev/null; ! mkdir a 2>/dev/null; rmdir a

say owner, mode and times; chown 1234:5678 data; chmod 4750 data; touch -t 200102030405.06 data
cd /; again; cd "$here"; [ "$(stat -c '%u:%g %a %Y' data)" = "1234:5678 4750 981173106" ]

say exclusive creation; (set -C; : >sole); ! (set -C; : >sole) 2>/dev/null

say an open file that is removed stays readable; exec 3<data; rm data; [ "$(md5sum <&3)" = "$sum" ]; exec 3<&-

say a read-only file can be written by who made it; (umask 0777; exec 4>sealed; echo text >&4); [ "$(stat -c %a sealed)" = 0 ]

say many files; mkdir many; for at in $(seq 1 500); do : >"many/a-file-with-a-longer-name-$at"; done
cd /; again; cd "$here"; [ "$(ls many | wc -l)" = 500 ]; [ "$(ls many | sort -u | wc -l)" = 500 ]

say an archive and back; tar cf /tmp/many.tar many; mkdir back; tar xf /tmp/many.tar -C back; diff -r many back/many

say two at a time; for part in 1 2 3 4; do dd if=/dev/zero of=part$part bs=64k count=32 2>/dev/null & done; wait
[ "$(cat part? | wc -c)" = 8388608 ]

say remove; cd /mnt; rm -r "$here"; [ ! -e "$here" ]
GUEST

(cd "$root" && find . | cpio -o -H newc 2>/dev/null) | gzip >"$work/initrd.gz"

# 10.0.2.100 in the guest leads to HOST:PORT; the server sees this machine's own address.
timeout 300 qemu-system-x86_64 -machine accel=tcg -cpu max -m 512 -nographic -no-reboot \
    -kernel "$(find "$work/kernel/boot" -name 'vmlinuz-*')" -initrd "$work/initrd.gz" \
    -append 'console=ttyS0 quiet panic=-1' \
    -netdev "user,id=net,guestfwd=tcp:10.0.2.100:2049-cmd:busybox nc $host $port" \
    -device virtio-net-pci,netdev=net </dev/null >"$work/console" 2>&1 || :
tr -d '\r' <"$work/console" | sed -n '/== /,$p'
if grep -q 'KERNEL-MOUNT-HELD' "$work/console"; then
    echo "kernel-mount: $host:$export held"
elif grep -q '== mount' "$work/console"; then
    echo "kernel-mount: $host:$export did not hold" >&2
    exit 1
else
    tail -20 "$work/console" >&2
    unprepared "the virtual machine did not come up"
fi
