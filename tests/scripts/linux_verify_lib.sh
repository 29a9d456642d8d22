# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Common to the tests of 'verify' on Linux guests: a good result in good.raw, and bad.raw that differs from it in one thing. After lib.sh.
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need sfdisk debugfs mcopy mtype jq grub-fstest

convert() { # SHAPE: into good.raw
	rm -f old.raw good.*
	make_linux "$1" old.raw
	expect 0 "$HVGEN2" convert -q -o good.raw --nvram none old.raw
	verified 0
	says 'ok    linux-menu: GRUB reads .* on '
	says 'ok    linux-kernel: the entry .* starts .*/*vmlinuz-'
}
start() { # NUMBER: of a partition, in bytes
	echo $(($(sfdisk --json good.raw | jq ".partitiontable.partitions[] | select(.node | endswith(\"raw$1\")).start") * 512))
}
# A disk that differs in this command of debugfs.
damage() { # COMMAND...
	local command
	cp --sparse=always good.raw bad.raw
	for command; do debugfs -w -R "$command" "bad.raw?offset=$(start 1)"; done >debugfs.txt 2>&1
	! grep -vE '^debugfs [0-9]|^Allocated inode|^$' debugfs.txt || fail "debugfs $*"
}
verified() { # STATUS [DISK [OPTION...]]
	expect "$1" "$HVGEN2" verify --no-guestfs --report good.report.json "${@:3}" "${2:-good.raw}"
}
says() { grep -qE "^$1" out.txt || fail "not '$1': $(cat out.txt)"; }
fails() { # CHECK WORDS: of bad.raw, and no other check does
	verified 1 bad.raw
	says "FAIL  $1: .*$2"
	[ "$(grep -c ^FAIL out.txt)" -eq "${3:-1}" ] || fail "other failures: $(cat out.txt)"
}
