# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Common to the tests of the nbdkit plugin: nbdkit with it, and with the sanitizer of the build in front when it has one.
need nbdkit nbdinfo nbdcopy qemu-img qemu-io
plugin=$BUILD_DIR/convert/nbd/nbdkit-hvgen2-plugin.so
need_built "$plugin"

# In the place of this shell: nbdkit, with the sanitizers of the build in front, if there are any. What they say goes into files:
# nbdkit itself loses some memory at its end, ours is a failure. When that is looked for, which takes seconds, nbdkit has unloaded
# the plugin, whose calls are then those of an unknown module.
sanitizers=$(ldd "$plugin" | awk '/lib(asan|ubsan)/ { print $3 }' | paste -s -d :)
become_nbdkit() { # LEAKS NBDKIT ARGUMENT...
	local options=log_path=$PWD/sanitizer:symbolize=0
	export ASAN_OPTIONS=$options:detect_leaks=$1 UBSAN_OPTIONS=$options LSAN_OPTIONS=exitcode=0:${LSAN_OPTIONS:-}
	shift
	LD_PRELOAD=$sanitizers exec nbdkit "$@"
}
check_sanitizers() {
	local log
	for log in sanitizer.*; do
		[ ! -e "$log" ] || ! grep -E 'ERROR: AddressSanitizer|runtime error:|hvgen2-plugin|unknown module' "$log" ||
			fail "a sanitizer of the plugin: $(<"$log")"
	done
	rm -f sanitizer.*
}

# Serve in the background until stop_serving; the socket is $uri, what nbdkit says is in nbdkit.txt. For a plugin with keys, or
# filters in front.
serving=
trap '[ -z "$serving" ] || kill "$serving"; rm -rf "$work"' EXIT
uri="nbd+unix:///?socket=$PWD/socket"
start_serving() { # NBDKIT ARGUMENT...
	rm -f nbdkit.pid socket
	become_nbdkit 1 -f -U "$PWD/socket" -P "$PWD/nbdkit.pid" "$@" 2>nbdkit.txt &
	serving=$!
	for _ in $(seq 200); do
		[ ! -s nbdkit.pid ] || return 0
		kill -0 "$serving" 2>/dev/null || break
		sleep 0.05
	done
	fail "nbdkit does not serve: $(<nbdkit.txt)"
}

stop_serving() {
	local status=0
	kill "$serving"
	wait "$serving" || status=$?
	serving=
	check_sanitizers
	[ "$status" -eq 0 ] || fail "nbdkit ended with $status: $(<nbdkit.txt)"
}

# It ends before it listens, with status 1, and says this in one line. Its words are in refused.txt.
refuses() { # PATTERN KEY=VALUE...
	local pattern=$1 status=0
	shift
	rm -f socket
	(become_nbdkit 0 -f -U "$PWD/socket" "$plugin" "$@") >out.txt 2>refused.txt </dev/null || status=$?
	[ "$status" -eq 1 ] || fail "nbdkit ended with $status: $* $(<refused.txt)"
	[ ! -e socket ] || fail "it has listened: $*"
	check_sanitizers
	[[ $(wc -l <refused.txt) -eq 1 && $(<refused.txt) =~ ^"nbdkit: error: "$pattern ]] ||
		fail "not '$pattern' of: $* $(<refused.txt)"
}
