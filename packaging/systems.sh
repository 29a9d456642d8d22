# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced: Debian systems of any suite to build and try in, kept in build/chroots. Everything mounted is in namespaces of its own, so
# that nothing is left behind whatever ends a command.
systems=$PWD/build/chroots

skip() {
	echo "skipped: $*"
	exit 77
}

# What this machine itself takes Debian from.
find_mirror() {
	apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
		awk '$1 == "Debian" && $2 == "main" && $4 !~ /-/ { print $3; exit }'
}

# SUITE.tar: what debootstrap makes of it, and no package more.
need_system() { # SUITE
	local mirror root=$systems/$1.new
	[ "$(id -u)" -eq 0 ] || skip "another Debian is entered as root"
	unshare --mount --pid --fork true 2>/dev/null || skip "namespaces are not allowed here"
	[ ! -e "$systems/$1.tar" ] || return 0
	command -v debootstrap >/dev/null || skip "debootstrap is not installed"
	mirror=$(find_mirror)
	[ -n "$mirror" ] || skip "apt of this machine has no mirror of Debian"
	rm -rf "$root"
	mkdir -p "$root"
	debootstrap --variant=minbase "$1" "$root" "$mirror" >"$systems/$1.log" 2>&1 ||
		skip "debootstrap of '$1' did not succeed: see build/chroots/$1.log"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io" # no fsync for what can be made again
	tar -C "$root" -cf "$systems/$1.tar.new" .
	mv "$systems/$1.tar.new" "$systems/$1.tar"
	rm -rf "$root"
}

open_system() { # SUITE FOLDER
	rm -rf "$2"
	mkdir -p "$2"
	tar -C "$2" -xf "$systems/$1.tar"
	cp /etc/resolv.conf "$2/etc/resolv.conf" || skip "this host has no /etc/resolv.conf"
	run_in "$2" apt-get -q update >"$2.log" 2>&1 || skip "the lists of '$1' are not to be had: see build/chroots/${2##*/}.log"
}

run_in() { # FOLDER COMMAND...
	unshare --mount --pid --fork --kill-child bash -c '
		mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/tmp" &&
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive \
			DEB_BUILD_OPTIONS="$DEB_BUILD_OPTIONS" chroot "$0" "$@"' "$@"
}

# SUITE-build: a system with the build dependencies of the package, and nothing else.
need_build_system() { # SUITE
	local root=$systems/$1-build
	need_system "$1"
	if ! cmp -s packaging/debian/control "$root/build/control"; then
		open_system "$1" "$root"
		mkdir -p "$root/build/source"
		cp -r packaging/debian "$root/build/source/debian"
		run_in "$root" bash -c 'apt-get -q install -y --no-install-recommends build-essential &&
			apt-get -q build-dep -y --no-install-recommends /build/source' >>"$root.log" 2>&1 ||
			skip "what building needs could not be installed: see build/chroots/$1-build.log"
		cp packaging/debian/control "$root/build/control"
	fi
}
