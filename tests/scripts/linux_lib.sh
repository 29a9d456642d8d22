# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Linux guests made by tests/fixtures/linux/mklinux.sh, and how they are started. After lib.sh. CTest sets MKLINUX, DM_LINEAR and MD_RUN.
# Environment: LINUX_FOLDER, where 'bootstrap' has unpacked Debian's kernel for clouds (default: build/linux of the sources);
# BOOT_SECURE=yes: a STORE that is a file has keys, and the firmware enforces them.
export LINUX_FOLDER=${LINUX_FOLDER:-$SOURCE_DIR/build/linux}
firmware=/usr/share/OVMF

# The disk of a guest of this shape, and DISK.cmdline.
make_linux() { # [OPTION...] SHAPE DISK
	local status=0
	TMPDIR=$work "$MKLINUX" "$@" >mklinux.txt 2>&1 || status=$?
	[ "$status" -ne 77 ] || skip "$(cat mklinux.txt)"
	[ "$status" -eq 0 ] || fail "mklinux.sh $*: $(cat mklinux.txt)"
}

# Have HVGEN2 run where these folders are empty, as where no package has filled them. False where that cannot be done.
hide() { # FOLDER...
	local mounts=
	unshare -rm true 2>/dev/null || return 1
	mounts=$(printf ' && mount -t tmpfs none %q' "$@")
	# shellcheck disable=SC2016 # for the inner shell
	printf '#!/bin/sh\nexec unshare -rm sh -c %q sh %q "$@"\n' "true$mounts"' && exec "$@"' "${shown:=$HVGEN2}" >hidden
	chmod +x hidden
	HVGEN2=$PWD/hidden
}
show() {
	HVGEN2=$shown
}

# Start a disk under OVMF and leave what the console said in serial.txt. STORE is a store of OVMF variables of 4 MiB builds, "secure" for
# that with Microsoft's keys and Secure Boot on, or "blank". Nothing is written to either. True when the machine switched itself off,
# false when it was stopped, after SECONDS or as soon as the console said WORDS.
run_ovmf() { # DISK STORE SECONDS [WORDS]
	local disk=$1 store=$2 limit=$3 words=${4:-} code=$firmware/OVMF_CODE_4M.fd vars machine=q35 pid format=raw waited=0 status=0 more=()
	[[ $disk != *.vhdx ]] || format=vhdx
	case $store in
	blank) vars=$firmware/OVMF_VARS_4M.fd ;;
	secure) vars=$firmware/OVMF_VARS_4M.ms.fd ;;
	*) vars=$store ;;
	esac
	# The firmware that enforces keeps its variables from the system by SMM.
	if [ "$store" = secure ] || [ -n "${BOOT_SECURE:-}" ]; then
		code=$firmware/OVMF_CODE_4M.secboot.fd machine=q35,smm=on
		more=(-global driver=cfi.pflash01,property=secure,value=on -global ICH9-LPC.disable_s3=1)
	fi
	[ -e "$vars" ] && [ -e "$code" ] || skip "no OVMF ($vars, $code)"
	cp "$vars" vars.run
	chmod u+w vars.run
	: >serial.raw
	qemu-system-x86_64 -machine "$machine,accel=tcg" -cpu max -m 512 -nodefaults -display none -vga std -net none -no-reboot \
		-serial file:serial.raw "${more[@]}" \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$code" -drive "if=pflash,format=raw,unit=1,file=vars.run" \
		-device virtio-scsi-pci -device scsi-hd,drive=disk \
		-drive "if=none,id=disk,format=$format,snapshot=on,file=${disk//,/,,}" 2>qemu.txt &
	pid=$!
	while kill -0 "$pid" 2>/dev/null && [ "$waited" -lt $((limit * 5)) ]; do
		if [ -n "$words" ] && grep -qa -- "$words" serial.raw; then break; fi
		sleep 0.2
		waited=$((waited + 1))
	done
	if kill "$pid" 2>/dev/null; then status=1; fi
	wait "$pid" 2>/dev/null || true
	tr -d '\r\000' <serial.raw | sed 's/\x1b\[[0-9;=?]*[A-Za-z]//g; s/\x1b[cM78]//g' >serial.txt
	return $status
}

# The guest comes up to its own init, with the command line that it had before (of DISK.cmdline of mklinux.sh), finds all that its
# fstab names, and says so. The store "secure" demands that the kernel knows of Secure Boot.
boot_linux() { # DISK STORE CMDLINE-FILE [SECONDS]
	need qemu-system-x86_64
	run_ovmf "$1" "$2" "${4:-120}" || true
	if ! grep -q 'HVGEN2 BOOT OK' serial.txt; then
		tail -60 serial.txt >&2
		cat qemu.txt >&2
		fail "$1 does not come up ($2)"
	fi
	grep -qxF "HVGEN2 CMDLINE $(cat "$3")" serial.txt || fail "another command line: $(grep CMDLINE serial.txt)"
	grep -qx 'HVGEN2 FIRMWARE EFI' serial.txt || fail "not started by UEFI"
	[[ $2 != secure && -z ${BOOT_SECURE:-} ]] || grep -qF 'HVGEN2 LOCKDOWN none [integrity]' serial.txt ||
		fail "not locked down: $(grep LOCKDOWN serial.txt)"
}

# It must not: the guest does not come up, and the console says why.
boot_linux_fails() { # DISK STORE WORDS [SECONDS]
	need qemu-system-x86_64
	run_ovmf "$1" "$2" "${4:-60}" "$3" || true
	! grep -q 'HVGEN2 BOOT OK' serial.txt || fail "$1 comes up ($2)"
	grep -q "$3" serial.txt || fail "not '$3': $(tail -30 serial.txt)"
}

# Can GRUB be asked on this machine?
can_ask_grub() {
	command -v grub-fstest >/dev/null
}
