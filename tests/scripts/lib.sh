# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Common to the end-to-end tests, which run the program on disks made by mkvm and judge with other people's tools.
# CTest sets HVGEN2, MKVM, MKVMCX, MKCHILD, TREE_HASH, PEAK, TEST_BATCH_CLAIM (programs of the build), SOURCE_DIR and BUILD_DIR.
#
# Each test has a folder of its own, $work, which is also the current one, removed at the end.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C MTOOLS_SKIP_CHECK=1
# Sentences of pages are looked for whole; what 80 columns make of them says pages.sh.
export COLUMNS=9999

mkdir -p "$BUILD_DIR/e2e"
work=$(mktemp -d "$BUILD_DIR/e2e/$(basename "$0" .sh).XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work"

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
}

# A program of the build that a test cannot do without.
need_built() {
	[ -x "$1" ] || skip "$1 is not built"
}

# Run a command and demand its exit status. Its outputs are left in out.txt and err.txt.
expect() { # STATUS COMMAND...
	local wanted=$1 got=0
	shift
	"$@" >out.txt 2>err.txt || got=$?
	if [ "$got" -ne "$wanted" ]; then
		cat out.txt err.txt >&2
		fail "exit status $got instead of $wanted: $*"
	fi
}

# Call a function for each line of standard input, in two processes, each in a folder of its own.
in_two() { # FUNCTION
	local i processes=()
	cat >lines.txt
	for i in 0 1; do
		(
			mkdir "half.$i"
			cd "half.$i"
			while read -r -u 3 line; do
				"$1" "$line"
			done 3< <(awk -v i="$i" 'NR % 2 == i' ../lines.txt)
		) &
		processes+=($!)
	done
	for i in "${processes[@]}"; do
		wait "$i" || fail "$1 did not end well"
	done
	rm -r half.0 half.1
}

# What other people's tools say of an NTFS volume, of those that are installed: 7-Zip reads every file, ntfsresize counts the
# clusters of all of them and compares with $Bitmap, ntfsfix looks at the log and at $MFTMirr. Sectors of 4096 bytes 7-Zip
# does not know.
sound_ntfs() { # VOLUME
	[ "$(od -An -tu2 -j11 -N2 "$1")" -ne 512 ] || ! command -v 7zz >/dev/null || expect 0 7zz t -- "$1"
	! command -v ntfsfix >/dev/null || expect 0 ntfsfix --no-action "$1"
	if command -v ntfsresize >/dev/null; then
		expect 0 ntfsresize --info --force --no-progress-bar "$1"
		! grep -q 'Cluster accounting failed\|inconsistent\|ERROR' out.txt err.txt || fail "ntfsresize: $(cat out.txt err.txt)"
	fi
}

# The program refuses so, and gives this advice word for word: in the message, and in the report where the verb makes one.
# 'advice_complete' looks for these calls: both ID and ADVICE are to stand in them as they are, in double quotes.
advised() { # ID ADVICE VERB ARGUMENT...
	local id=$1 advice=$2 said
	shift 2
	case "$*" in
	convert*--report*) ;;
	convert*) set -- convert --json --report refused.json "${@:2}" ;;
	esac
	expect 3 "$HVGEN2" "$@"
	said=$(<err.txt)
	[[ $said == "hvgen2: refused [$id]: "*"; $advice" ]] || fail "not the advice [$id] '$advice' of: $* $said"
	[ ! -e refused.json ] || jq -es --arg id "$id" --arg advice "$advice" \
		'all(.refusal.id == $id and .refusal.advice == $advice) and length == 2' out.txt refused.json >/dev/null ||
		fail "not the advice '$advice' in the report: $(jq .refusal out.txt refused.json)"
	rm -f refused.json
}

# No file but these may be in the folder (out.txt, err.txt and the names given).
expect_only() {
	local name known
	for name in * .[!.]*; do
		[ -e "$name" ] || continue
		for known in out.txt err.txt "$@"; do
			[ "$name" != "$known" ] || continue 2
		done
		fail "'$name' was left behind"
	done
}

# An argument of CTest that stands for several words.
words() { [ "$1" = none ] || echo "$1"; }

# A file's state: checksum, size, and time of the last change. (SHA-256 of a sparse gigabyte takes seconds.)
sum() { echo "$(cksum <"$1") $(stat -c %y "$1")"; }

# The virtual disk of an image, as a sparse raw file.
to_raw() { # IMAGE RAW
	local format=raw
	case $1 in
	*.vhdx) format=vhdx ;;
	*.vhd) format=vpc ;;
	esac
	qemu-img convert -t unsafe -f "$format" -O raw "$1" "$2"
}

# The same of a differencing VHDX, on the raw copy of its parent.
flatten() { # CHILD RAW
	python3 "$SOURCE_DIR/tests/scripts/flatten_child.py" "$@"
}

# A range of a raw file, as a sparse file of its own.
cut_raw() { # RAW OFFSET SIZE PART
	qemu-img convert -t unsafe -O raw --image-opts \
		"driver=raw,offset=$2,size=$3,file.driver=file,file.filename=$1" "$4"
}

# The export of a VM, as tests/fixtures/vm_sample.c describes it: a boot disk on IDE 0:0 and a VHD on IDE 0:1, a VHDX on
# SCSI 0:1, a DVD, adapters of both kinds, a VLAN. Contents of the data disks are left in FOLDER.0-1.raw and FOLDER.1.raw.
# More arguments are for mkvmcx.
make_export() { # FOLDER [MKVMCX OPTION ...]
	local folder=$1 disks="$1/Virtual Hard Disks"
	shift
	mkdir -p "$folder/Virtual Machines" "$disks"
	[ -e "$disks/system.vhdx" ] || "$MKVM" --small --size 1G --block-size 1M "$disks/system.vhdx"
	if [ ! -e "$folder.1.raw" ]; then
		truncate -s 40M "$folder.0-1.raw"
		printf 'label: dos\nlabel-id: 0x12345678\n2048,65536,7\n' | sfdisk -q "$folder.0-1.raw"
		head -c 5M < <(yes "ide data") | dd of="$folder.0-1.raw" bs=1M seek=2 conv=notrunc status=none
		truncate -s 67108864 "$folder.1.raw"
		head -c 3M < <(yes "scsi data") | dd of="$folder.1.raw" bs=1M seek=50 conv=notrunc status=none
		qemu-img convert -f raw -O vpc -o force_size=on "$folder.0-1.raw" "$disks/data.vhd"
		qemu-img convert -f raw -O vhdx "$folder.1.raw" "$disks/more.vhdx"
	fi
	"$MKVMCX" --set '_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/drive1/pathname string D:\VMs\FILES-01\data.vhd' \
		"$@" "$folder/Virtual Machines/4E7D9C20-61B3-4B0F-9E55-0C9D8A7B6F10.vmcx"
}

# The partitions of a raw disk, in the order of the disk: offset, size (bytes) and type code of sgdisk or sfdisk.
mbr_partitions() { # RAW
	sfdisk --json "$1" | jq -r '.partitiontable.partitions[] |
		"\(.start * 512) \(.size * 512) \(.type)"' | grep -v ' [f5]$'
}
gpt_partitions() { # RAW
	sgdisk -p "$1" | awk '/^ +[0-9]+ +[0-9]/ { printf "%d %d %s\n", $2 * 512, ($3 - $2 + 1) * 512, $6 }' |
		sort -n
}

# Is it NTFS? By the name in the boot sector.
is_ntfs() { # PART
	[ "$(dd if="$1" bs=1 skip=3 count=4 status=none | tr -d '\0')" = NTFS ]
}

# Judge a result: the image, its partition table and its file systems. Leaves the disk in result.raw.
check_result() { # IMAGE
	local offset size type
	qemu-img check -q "$1" || fail "qemu-img check found something"
	to_raw "$1" result.raw
	sgdisk -v result.raw >sgdisk.txt
	grep -q 'No problems found' sgdisk.txt || {
		cat sgdisk.txt >&2
		fail "sgdisk -v found something"
	}
	grep -qi 'caution\|warning' sgdisk.txt && {
		cat sgdisk.txt >&2
		fail "sgdisk -v has doubts"
	}
	gpt_partitions result.raw >partitions.txt
	grep -q EF00 partitions.txt || fail "no EFI system partition"
	while read -r offset size type; do
		cut_raw result.raw "$offset" "$size" part.raw
		if [ "$type" = EF00 ]; then
			fsck.fat -n part.raw >fsck.txt 2>&1 || {
				cat fsck.txt >&2
				fail "fsck.fat found something"
			}
			mv part.raw esp.raw
		elif is_ntfs part.raw; then
			ntfsfix -n part.raw >ntfsfix.txt 2>&1 || {
				cat ntfsfix.txt >&2
				fail "ntfsfix found something at offset $offset"
			}
			check_hidden_sectors part.raw "$offset"
		fi
	done <partitions.txt
	rm -f part.raw
	check_boot_files
}

# The field at 0x1c of an NTFS boot sector must be the start of the partition; both copies must be the same.
check_hidden_sectors() { # PART OFFSET
	local hidden
	hidden=$(od -An -tu4 -j28 -N4 "$1" | tr -d ' ')
	[ "$hidden" -eq $(($2 / 512)) ] || fail "hidden sectors of the volume at $2 are $hidden"
	cmp -s <(head -c 512 "$1") <(tail -c 512 "$1") || fail "the boot sectors of the volume at $2 differ"
}

check_boot_files() {
	local file
	for file in EFI/Boot/bootx64.efi EFI/Microsoft/Boot/bootmgfw.efi EFI/Microsoft/Boot/BCD \
		EFI/Microsoft/Boot/BOOTSTAT.DAT; do
		mcopy -n -i esp.raw "::/$file" "$(basename "$file")" || fail "\\$file is not on the ESP"
	done
	cmp -s bootx64.efi bootmgfw.efi || fail "bootx64.efi is not bootmgfw.efi"
}

# What all NTFS volumes of a raw disk hold, times included, volume by volume in the order of the disk. See tree_hash.c for
# the columns; one with the number of the volume stands in front.
hash_volumes() { # RAW LIST-OF-PARTITIONS
	local offset number=0
	while read -r offset _; do
		[ "$(dd if="$1" bs=1 skip=$((offset + 3)) count=4 status=none | tr -d "\0")" = NTFS ] || continue
		number=$((number + 1))
		"$TREE_HASH" -t "$1" "$offset" | sed "s|^|volume $number\t|"
	done <"$2"
}

# A conversion that stands still in the worker, at the first fsync: sets tracer, worker and committer.
hold_worker() { # CONVERT-OPTION...
	rm -f trace # that of the one before
	strace -f -o trace -e trace=fsync,openat,landlock_restrict_self -e inject=fsync:delay_enter=3s:when=1 \
		"$HVGEN2" convert -q "$@" >out.txt 2>err.txt &
	tracer=$!
	for _ in $(seq 300); do
		worker=$(awk '/fsync/ { print $1; exit }' trace 2>/dev/null || true)
		[ -z "$worker" ] || break
		sleep 0.1
	done
	[ -n "$worker" ] || fail "no worker"
	committer=$(awk '/^PPid:/ { print $2 }' "/proc/$worker/status")
}
