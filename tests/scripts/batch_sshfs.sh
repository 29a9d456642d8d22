#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A folder that two hosts have by sshfs, where locks and RENAME_NOREPLACE deceive: of 200 races for a claim each has one winner, and two
# hosts, with names, process numbers and mounts of their own, share a batch. One that is killed is taken over from.
. "$(dirname "$0")/lib.sh"
need mkntfs jq unshare sshfs
server=
for server in /usr/lib/openssh/sftp-server /usr/libexec/openssh/sftp-server /usr/lib/ssh/sftp-server; do
	[ ! -x "$server" ] || break
done
[ -x "$server" ] || skip "there is no sftp-server"
[ -c /dev/fuse ] || skip "there is no /dev/fuse"
unshare --pid --fork --uts --mount --mount-proc true 2>/dev/null || skip "no right to make namespaces"

# In the place of ssh: the server itself, on this host.
printf '#!/bin/sh\nexec %s\n' "$server" >server
chmod +x server
mkdir real shared a b
cat >mount.sh <<'END'
sshfs -o ssh_command="$PWD/server" "host:$PWD/real" "$1"
END
unmount() { for m in a b; do fusermount3 -u "$work/$m" 2>/dev/null || umount "$work/$m" 2>/dev/null || true; done; }
trap 'unmount; rm -rf "$work"' EXIT
sh mount.sh a 2>err.txt || skip "sshfs does not mount: $(cat err.txt)"
sh mount.sh b
mkdir a/claims
HVGEN2_CLAIM_FOLDERS=$PWD/a/claims:$PWD/b/claims "$TEST_BATCH_CLAIM" --filter 'claim/one_winner_in_every_round' >race.txt 2>&1 ||
	fail "$(cat race.txt)"
[ "$(find real/claims -type f -name '[0-9]*' | wc -l)" -eq 200 ] || fail "$(find real/claims | wc -l) claims"
unmount

# At one path for both, each by a mount of its own.
host() { # NAME ARGUMENT...
	local name=$1
	shift
	exec unshare --pid --fork --kill-child --uts --mount --mount-proc sh -c '
		hostname "$0" && sh mount.sh shared && exec "$@"' "$name" "$HVGEN2" batch run "$PWD/shared/state" "$@"
}
mkdir real/in
"$MKVM" --small real/in/a.vhdx
touch -d '2026-01-02 03:04:05' real/in/a.vhdx # sftp knows whole seconds only, and results depend on the time
for name in b c d e f; do cp -p real/in/a.vhdx real/in/$name.vhdx; done
expect 0 "$HVGEN2" convert -q -o single.vhdx real/in/a.vhdx
begin() {
	rm -rf real/state real/out
	unshare --mount sh -c 'sh mount.sh shared && exec "$@"' sh "$HVGEN2" batch plan "$PWD/shared/state" "$PWD/shared/in" \
		--output-dir "$PWD/shared/out" >plan.txt 2>&1 || fail "$(cat plan.txt)"
}
finished() {
	local name
	for name in a b c d e f; do cmp single.vhdx real/out/$name-gen2.vhdx; done
	[ ! -e real/out/work ] || fail "the work is left: $(find real/out/work)"
	[ -z "$(ls -A real/state/claim)" ] || fail "a claim is left: $(ls -A real/state/claim)"
}

begin
(host first --jobs 1 --lease 5 >first.txt 2>&1) &
(host second --jobs 1 --lease 5 >second.txt 2>&1) || fail "$(cat second.txt)"
wait || fail "$(cat first.txt)"
finished
[ "$(jq -r .state real/state/attempt/*.json | sort | uniq -c | tr -s ' \n' ' ')" = " 6 done " ] ||
	fail "something was done twice: $(jq -r .state real/state/attempt/*.json)"
[ "$(jq -r .host real/state/attempt/*.json | sort -u | wc -l)" -eq 2 ] || fail "one has done it all"

begin
(host first --jobs 1 --lease 5 >first.txt 2>&1) &
first=$!
until [ -n "$(ls real/out/work 2>/dev/null)" ]; do sleep 0.02; done
kill -KILL $first
wait $first 2>/dev/null || true
(host second --jobs 1 --lease 5 >second.txt 2>&1) || fail "$(cat second.txt)"
finished
