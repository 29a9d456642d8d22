#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# try-in.sh SUITE: build the packages in Debian SUITE with what they say they need and no more, install them into an empty SUITE, convert
# a VM there as a user without rights, and judge what was made with the tools of this machine. MKVM is mkvm of any build.
#
# Packages stay in build/package-SUITE, systems in build/chroots. Status 77, with the reason, where that cannot be done.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=$1
. packaging/systems.sh
export BUILD_DIR=$PWD/build SOURCE_DIR=$PWD
packages=$PWD/build/package-$suite
root=$systems/$suite-try
say() { printf '    %7.1f s  %s\n' "$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')" "$*"; }
begin=$EPOCHREALTIME

# As the ordinary build is, but in the other system. The orig.tar says of what sources the packages are.
build_packages() {
	local source=$systems/$suite-build/build name
	rm -rf "$packages.new"
	mkdir -p "$packages.new"
	name=$(packaging/source.sh "$packages.new")
	if cmp -s "$packages.new"/*.orig.tar.gz "$packages"/*.orig.tar.gz; then
		rm -rf "$packages.new"
		return
	fi
	need_build_system "$suite"
	rm -rf "$source/work"
	mv "$packages.new" "$source/work"
	run_in "$systems/$suite-build" bash -c "cd /build/work/$name && dpkg-buildpackage --build=full --no-sign -j$(nproc)" \
		>"$packages.log" 2>&1 || {
		tail -n 40 "$packages.log" >&2
		exit 1
	}
	rm -rf "$packages" "$source/work/$name"
	mv "$source/work" "$packages"
}

# How many packages apt would install.
closure() { # APT-OPTION... PACKAGE...
	run_in "$root" bash -c 'cd /packages && apt-get install -s "$@"' bash "$@" | grep -c '^Inst'
}

as_user() { # COMMAND...
	run_in "$root" runuser -u nobody -- bash -c 'cd /vm && exec "$@"' bash "$@"
}

install_packages() { # APT-OPTION... PACKAGE...
	run_in "$root" bash -c 'cd /packages && apt-get -q install -y "$@"' bash "$@" >>"$root.log" 2>&1 || {
		tail -n 20 "$root.log" >&2
		exit 1
	}
}

tell_closures() {
	local main plugin guestfs
	main=$(cd "$packages" && ls hvgen2_*.deb) plugin=$(cd "$packages" && ls nbdkit-plugin-hvgen2_*.deb)
	guestfs=$(cd "$packages" && ls hvgen2-guestfs_*.deb)
	say "hvgen2 installs $(closure --no-install-recommends "./$main") packages, with recommended ones $(closure "./$main")"
	say "nbdkit-plugin-hvgen2 $(closure --no-install-recommends "./$plugin"), $(closure "./$plugin")"
	say "hvgen2-guestfs $(closure --no-install-recommends "./$main" "./$guestfs"), $(closure "./$main" "./$guestfs")"
	[ "$(closure --no-install-recommends "./$main")" -lt 60 ] || fail "hvgen2 depends on too much"
}

need_system "$suite"
. tests/scripts/lib.sh
cd "$SOURCE_DIR"
build_packages
say "the packages of $suite are built"
open_system "$suite" "$root"
mkdir "$root/packages" "$root/vm"
cp "$packages"/*.deb "$root/packages"
rm -f "$root"/packages/*-dbgsym_*
tell_closures

begin=$EPOCHREALTIME
install_packages --no-install-recommends "./$(cd "$packages" && ls hvgen2_*.deb)"
say "hvgen2 is installed, without what is recommended"
"$MKVM" --small "$work/vm.vhdx"
cp "$work/vm.vhdx" "$root/vm"
chown -R 65534:65534 "$root/vm"
begin=$EPOCHREALTIME
as_user hvgen2 inspect vm.vhdx >"$work/said" || fail "inspect: $(cat "$work/said")"
as_user hvgen2 convert --quiet --nvram vm-gen2.fd vm.vhdx
say "the disk is converted"
as_user hvgen2 verify --no-guestfs vm-gen2.vhdx --nvram vm-gen2.fd >"$work/verified" || fail "verify: $(cat "$work/verified")"
say "verify, with nothing more installed: $(tail -n 1 "$work/verified")"
as_user hvgen2 nvram list vm-gen2.fd >"$work/said"
grep 'Boot0000.*Windows Boot Manager' "$work/said" >/dev/null || fail "nvram list: $(cat "$work/said")"
cmp "$work/vm.vhdx" "$root/vm/vm.vhdx" || fail "the source was changed"

# The others, and what is recommended.
install_packages "./$(cd "$packages" && ls hvgen2_*.deb)" "./$(cd "$packages" && ls nbdkit-plugin-hvgen2_*.deb)" \
	dosfstools qemu-utils
as_user hvgen2 verify --no-guestfs vm-gen2.vhdx --nvram vm-gen2.fd >"$work/verified" || fail "verify: $(cat "$work/verified")"
say "verify, with what is recommended: $(tail -n 1 "$work/verified")"
as_user nbdkit -U - hvgen2 vm.vhdx --run 'qemu-img convert -f raw -O raw $uri served.raw' || fail "nbdkit does not serve it"

# Judged out here.
cp --sparse=always "$root/vm/vm-gen2.vhdx" "$root/vm/vm-gen2.fd" "$root/vm/served.raw" "$work"
cd "$work"
check_result vm-gen2.vhdx
qemu-img compare -f raw -F raw result.raw served.raw >/dev/null || fail "what nbdkit serves is not what convert makes"
say "qemu-img, sgdisk, fsck.fat, ntfsfix and mtools of this machine find nothing; nbdkit serves the same disk"
"$SOURCE_DIR/tests/boot/boot.sh" vm-gen2.vhdx vm-gen2.fd >serial.log 2>boot.log || {
	[ $? -eq 77 ] || fail "it does not boot: $(cat serial.log boot.log)"
}
say "it boots: $(grep -ao 'HVGEN2 BOOT OK' serial.log || echo 'not tried here')"
rm -rf "$root"
