#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Who does what: nbdkit opens no image and reads no byte of one before it serves, and of what it serves it has descriptors;
# the process that reads the guest is locked in first, and gone before nbdkit listens. When it is killed nothing is made.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/nbd_lib.sh"
need jq mkntfs strace
[ -z "$sanitizers" ] || skip "a program with AddressSanitizer has no sandbox"

# One symbol, and nothing of what only 'verify' needs.
[ "$(nm -D --defined-only "$plugin" | awk '{ print $3 }')" = plugin_init ] || fail "$(nm -D --defined-only "$plugin")"
! readelf -d "$plugin" | grep -E 'NEEDED.*(guestfs|vhdi)|TEXTREL' || fail "it is linked with these"

mkdir parents
"$MKVM" --small --size 1G parents/vm.vhdx
"$MKCHILD" parents/vm.vhdx child.vhdx 0x30000000 "in the checkpoint"
strace -f -o trace nbdkit -f -U "$PWD/socket" "$plugin" child.vhdx parent-dir=parents report=report.json \
	--run 'true' 2>err.txt || fail "$(<err.txt)"
server=$(awk 'NR == 1 { print $1 }' trace)
worker=$(awk '/sendmsg.*SCM_RIGHTS/ { print $1; exit }' trace)
[ -n "$worker" ] && [ "$worker" != "$server" ] || fail "no worker"
! grep -E "^$server (open|openat|pread64|lseek)\(.*(vhdx|parents)" trace || fail "nbdkit opens images"
awk -v server="$server" -v worker="$worker" '$1 == worker { works = 1 } / bind\(/ { exit }
	$1 == server && works && / pread64\(/' trace >reads.txt
[ ! -s reads.txt ] || fail "nbdkit reads before it serves: $(<reads.txt)"
awk -v worker="$worker" '/ bind\(/ { exit !gone } $1 == worker && /exit_group/ { gone = 1 }' trace || fail "the worker is still there"

# Locked in as far as 'convert' is; from then on the worker opens nothing by a path.
expect 0 "$HVGEN2" convert -q -o ref.vhdx --parent-dir parents child.vhdx
cmp <(jq .sandbox ref.report.json) <(jq .sandbox report.json) || fail "the sandbox: $(jq .sandbox report.json)"
awk -v worker="$worker" '$1 == worker { if (locked && /openat\(.*\) = [0-9]/ && !/\/proc\/self\/fd/) print
	if (/SECCOMP_MODE_FILTER/) locked = 1 } END { exit !locked }' trace >opened.txt || [ "$(jq -r .sandbox report.json)" != full ] ||
	fail "not locked in"
[ ! -s opened.txt ] || fail "opened in the sandbox: $(<opened.txt)"

# Killed while it reads the guest: no store, no report, no server.
status=0
strace -f -o trace -e trace=mremap,pread64,fsync -e inject=fsync:signal=KILL:when=1 nbdkit -f -U "$PWD/socket" "$plugin" \
	child.vhdx parent-dir=parents nvram=killed.fd report=killed.json --run 'echo served >served' 2>err.txt || status=$?
[ "$status" -eq 1 ] && [ ! -e served ] || fail "served by half: $status"
grep -q "the process that reads the source was ended by signal 9; no output was made" err.txt || fail "$(<err.txt)"
[ ! -e killed.fd ] && [ ! -e killed.json ] || fail "something was made"
! ls -d .*.hvgen2-* 2>/dev/null || fail "temporary files are left"
