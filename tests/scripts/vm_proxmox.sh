#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The recipe for Proxmox VE, run by a shell against a 'qm' that writes down what it is given: one call, each text one word, whatever
# is in it; nothing is called when something is missing.
. "$(dirname "$0")/lib.sh"
need qemu-img sfdisk mkntfs

mkdir bin
cat >bin/qm <<'END'
#!/bin/sh
if [ "$1" = status ]; then
	[ "$2" = 100 ]
	exit
fi
for word; do printf '%s\0' "$word"; done >>"$QM_LOG"
END
chmod +x bin/qm
export PATH=$work/bin:$PATH QM_LOG=$work/qm.log
# The word behind an option.
given() { # OPTION
	tr '\n\0' '\1\n' <qm.log | grep -A 1 -Fxe "--$1" | tail -n 1 | tr '\1' '\n'
}
recipe() { # SHELL ARGUMENT...
	rm -f qm.log
	expect 0 "$@"
}

make_export x
mkdir "a folder"
expect 0 "$HVGEN2" convert -q --json --define libvirt,proxmox --output-dir "a folder" x
[ "$(jq -r .outputs.proxmox out.txt)" = "a folder/FILES-01-gen2.proxmox.sh" ] || fail "$(jq .outputs out.txt)"
[ -e "a folder/FILES-01-gen2.libvirt.xml" ] || fail "one form of two is missing"
script="a folder/FILES-01-gen2.proxmox.sh"
for shell in sh bash; do
	recipe $shell "$script" 101 local-lvm
	[ "$(tr '\0' '\n' <qm.log | head -n 2 | xargs)" = "create 101" ] || fail "$(tr '\0' ' ' <qm.log)"
	[ "$(given name)" = FILES-01 ] || fail "name: $(given name)"
	[ "$(given description)" = "Owner: infrastructure team" ] || fail "description: $(given description)"
	[ "$(given smbios1)" = "base64=1,uuid=7a0e3d11-4c59-4f6b-8b3a-5d2f1c0e9a87,serial=$(printf 3333-4444 | base64)" ] ||
		fail "smbios1: $(given smbios1)"
	[ "$(given memory) $(given balloon) $(given cores) $(given bios) $(given machine) $(given ostype)" = "8192 4096 2 ovmf q35 win8" ] ||
		fail "$(tr '\0' ' ' <qm.log)"
	[ "$(given efidisk0)" = "local-lvm:0,efitype=4m,pre-enrolled-keys=0,import-from=$work/a folder/FILES-01-gen2.fd" ] ||
		fail "efidisk0: $(given efidisk0)"
	[ "$(given sata0)" = "local-lvm:0,import-from=$work/a folder/FILES-01-gen2.raw" ] || fail "sata0: $(given sata0)"
	[ "$(given sata1)" = "local-lvm:0,iops=500,import-from=$work/a folder/FILES-01-gen2-ide0-1.raw" ] || fail "sata1: $(given sata1)"
	[ "$(given boot)" = order=sata0 ] || fail "boot: $(given boot)"
	[ "$(given net0)" = "e1000e=00:15:5D:0A:14:01,bridge=vmbr0,tag=20" ] || fail "net0: $(given net0)"
done
recipe sh "$script" 101 zfs vmbr7
[ "$(given net1)" = "e1000e=00:15:5D:0A:14:02,bridge=vmbr7" ] || fail "net1: $(given net1)"

# What is wrong is said before anything is made.
refuses() { # STATUS ARGUMENT...
	rm -f qm.log
	expect "$1" sh "$script" "${@:2}"
	[ ! -e qm.log ] || fail "qm was called: $(tr '\0' ' ' <qm.log)"
}
refuses 2 101
refuses 2 101 'a b'
refuses 1 100 local
mv "a folder/FILES-01-gen2.fd" fd
refuses 1 101 local
grep -q "FILES-01-gen2.fd' is missing" err.txt || fail "$(cat err.txt)"
mv fd "a folder/FILES-01-gen2.fd"
mv "a folder" "a,folder"
script="a,folder/FILES-01-gen2.proxmox.sh"
refuses 1 101 local
rm -r "a,folder"

# A tenant's words are words.
mkdir n
named() { # TEXT NAME
	make_export x --set "properties/name string $1" --set "properties/notes string $1"
	expect 0 "$HVGEN2" convert -q --define proxmox -o n/vm.raw x
	recipe sh n/vm.proxmox.sh 101 local
	[ "$(given name)" = "$2" ] || fail "the name of '$1' is $(given name)"
	[ "$(given description)" = "${3-$1}" ] || fail "the notes '$1' are $(given description)"
	[ ! -e pwned ] || fail "'$1' was run"
	rm n/*
}
named "it's; touch pwned; '\$(touch pwned)\`touch pwned\`\"" "it-s-touch-pwned-touch-pwned-touch-pwned"
named "--- " "vm"
named $'a\x1b[31mb' "a-u001B-31mb" 'a\u001B[31mb'
named "Größe\\" "Gr-e"
make_export x
expect 0 "$HVGEN2" convert -q --define proxmox -o "n/it's \$(touch pwned).raw" --nvram none x
recipe sh "n/it's \$(touch pwned).proxmox.sh" 101 local
[ "$(given efidisk0)" = "local:1,efitype=4m,pre-enrolled-keys=0" ] || fail "efidisk0: $(given efidisk0)"
[ "$(given sata0)" = "local:0,import-from=$work/n/it's \$(touch pwned).raw" ] || fail "sata0: $(given sata0)"

# The bridge that takes the place of a switch.
expect 0 "$HVGEN2" convert -q -f --define proxmox --bridge LAN=br-lan --output-dir n x
recipe sh n/FILES-01-gen2.proxmox.sh 101 local-lvm
[ "$(given net0)" = "e1000e=00:15:5D:0A:14:01,bridge=br-lan,tag=20" ] || fail "net0: $(given net0)"

# A store with keys switches Secure Boot on there.
if [ -e /usr/share/OVMF/OVMF_VARS_4M.ms.fd ]; then
	expect 2 "$HVGEN2" convert -n --define proxmox --secure-boot off --secure-boot-keys auto --name off x
	grep -q "leave the keys out, or '--secure-boot off'" err.txt || fail "$(cat err.txt)"
fi
