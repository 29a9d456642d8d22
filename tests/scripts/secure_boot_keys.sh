#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Keys of Secure Boot: those of a made template, of an OVMF store and of a store come into every kind of store exactly as they
# are. openssl makes the certificates, sig-list-to-certs of efitools reads what a store holds.
. "$(dirname "$0")/lib.sh"
need openssl sig-list-to-certs jq base64 python3

for name in pk kek db1 db2; do
	openssl req -new -x509 -newkey rsa:2048 -nodes -subj "/CN=Test $name/O=hvgen2" -days 3650 -keyout $name.key \
		-outform DER -out $name.der 2>/dev/null
done
hash() { printf '%s' "$1" | openssl dgst -sha256 -binary; }
x509() { jq -n '{type: "x509", value: $ARGS.positional}' --args "$@"; }
b64() { base64 -w 0 "$1"; }
hash one >hashes
hash two >>hashes
template() { # FILE [PK-CERTIFICATE]
	jq -n --argjson pk "$(x509 "${2-$(b64 pk.der)}")" --argjson kek "$(x509 "$(b64 kek.der)")" \
		--argjson db1 "$(x509 "$(b64 db1.der)")" --argjson db2 "$(x509 "$(b64 db2.der)")" \
		--arg h1 "$(hash one | base64 -w 0)" --arg h2 "$(hash two | base64 -w 0)" '
		{type: "Microsoft.Compute/disks", properties: {uefiSettings: {signatureMode: "Replace", signatures:
		{PK: $pk, KEK: [$kek], db: [$db1, $db2], dbx: [{type: "sha256", value: [$h1, $h2]}]}}}}' >"$1"
}
template template.json

# Each variable in the form of efivarfs: four bytes of attributes, then the data.
take() { # STORE NAME ATTRIBUTES
	expect 0 "$HVGEN2" nvram export --variable "$2" --format efivarfs -f -o "$2.var" "$1"
	[ "$(od -An -tx4 -N4 "$2.var" | tr -d ' ')" = "$3" ] || fail "$1: attributes of $2: $(od -An -tx4 -N4 "$2.var")"
	tail -c +5 "$2.var" >"$2.esl"
}
certificates() { # NAME FILE...
	local name=$1 i=0
	shift
	rm -f "$name"-*.der
	sig-list-to-certs "$name.esl" "$name" >sig.out || fail "efitools cannot read $name"
	for file; do
		cmp "$file" "$name-$i.der" || fail "$name: certificate $i is not $file"
		i=$((i + 1))
	done
	[ ! -e "$name-$i.der" ] || fail "$name holds more than $i certificates"
}
check_store() { # STORE
	take "$1" PK 00000027 && certificates PK pk.der
	take "$1" KEK 00000027 && certificates KEK kek.der
	take "$1" db 00000027 && certificates db db1.der db2.der
	take "$1" dbx 00000027
	python3 - <<-'END2' || fail "$1: dbx holds other hashes"
		lists = open("dbx.esl", "rb").read()
		hashes = open("hashes", "rb").read()
		assert len(lists) == 28 + 2 * 48
		assert b"".join(lists[at + 16:at + 48] for at in (28, 76)) == hashes
	END2
}
# What a host sets beside the keys: without SetupMode 0 Windows' boot manager checks nothing.
check_guest_state() { # STORE
	take "$1" dbDefault 00000006
	cmp db.esl dbDefault.esl || fail "$1: dbDefault is not db"
	take "$1" SetupMode 00000007 && [ "$(od -An -tx1 SetupMode.esl)" = " 00" ] || fail "$1: SetupMode is not 0"
	take "$1" CurrentPolicy 00000027 && [ "$(od -An -tx1 CurrentPolicy.esl)" = " 02" ] || fail "$1: CurrentPolicy"
}

"$MKVM" --small vm.vhdx
expect 0 "$HVGEN2" convert --secure-boot-keys template.json vm.vhdx
grep -q "^Keys     PK 'Test pk', KEK 1, db 2, dbx 2, from template.json$" out.txt || fail "the page does not name the keys"
! grep -q "no Secure Boot keys" out.txt || fail "a warning of keys that are there"
jq -e '.nvram.keys == {source: "template.json", PK: ["Test pk"], KEK: ["Test kek"], db: ["Test db1", "Test db2"],
	dbx: [], dbx_hashes: 2}' vm-gen2.report.json >/dev/null || fail "$(jq .nvram.keys vm-gen2.report.json)"
check_store vm-gen2.vmgs
check_guest_state vm-gen2.vmgs
expect 0 "$HVGEN2" verify --no-guestfs vm-gen2.vhdx

# Without keys the warning says what happens.
expect 0 "$HVGEN2" convert -f vm.vhdx
grep -q "with Secure Boot on the firmware refuses every file" out.txt || fail "no word on what happens without keys"
expect 0 "$HVGEN2" nvram add-keys -n --secure-boot-keys template.json vm-gen2.vmgs
expect 0 "$HVGEN2" nvram show --all vm-gen2.vmgs
grep -q "no Secure Boot keys" out.txt || fail "a dry run wrote keys"
expect 0 "$HVGEN2" nvram add-keys --secure-boot-keys template.json vm-gen2.vmgs
check_store vm-gen2.vmgs
check_guest_state vm-gen2.vmgs
cp vm-gen2.vmgs before.vmgs
expect 0 "$HVGEN2" nvram add-keys --secure-boot-keys template.json vm-gen2.vmgs
cmp before.vmgs vm-gen2.vmgs || fail "the same keys again changed the store"

# An OVMF store needs the keys alone, and as a source gives them to others; so does any store.
expect 0 "$HVGEN2" convert -f --secure-boot-keys template.json --nvram vm.fd vm.vhdx
check_store vm.fd
! "$HVGEN2" nvram export --variable SetupMode vm.fd 2>/dev/null || fail "an OVMF store with SetupMode"
expect 0 "$HVGEN2" convert -f --secure-boot-keys vm.fd vm.vhdx
check_store vm-gen2.vmgs
check_guest_state vm-gen2.vmgs
expect 0 "$HVGEN2" convert -f --secure-boot-keys vm-gen2.vmgs --nvram-template vm.fd vm.vhdx
check_store vm-gen2.fd

# Whoever puts PK into a guest state file by import or export leaves setup mode too.
expect 0 "$HVGEN2" convert -f vm.vhdx
expect 0 "$HVGEN2" nvram import vm.fd vm-gen2.vmgs
take vm-gen2.vmgs SetupMode 00000007 && [ "$(od -An -tx1 SetupMode.esl)" = " 00" ] || fail "import: SetupMode is not 0"
for form in vmgs list; do
	expect 0 "$HVGEN2" nvram export --format $form -o exported.$form vm.fd
	take exported.$form SetupMode 00000007
done

# UEFI settings as JSON: the host's keys and our entry, or all of it.
expect 0 "$HVGEN2" convert -f --nvram settings.json vm.vhdx
jq -e '.type == "Microsoft.Compute/disks" and (.properties.uefiSettings | .signatureMode == "Append" and
	.signatures == {} and (.Boot0000.guid | @base64d | length > 0) and .Boot0000.attributes == "BwAAAA==" and
	.BootOrder.value == "AAA=")' settings.json >/dev/null || fail "$(cat settings.json)"
expect 0 "$HVGEN2" nvram export --variable Boot0000 --format efivarfs -f -o entry.var vm-gen2.vmgs
jq -r .properties.uefiSettings.Boot0000.value settings.json | base64 -d | cmp - <(tail -c +5 entry.var) ||
	fail "the entry of the JSON is not that of the store"
expect 0 "$HVGEN2" verify --no-guestfs --nvram settings.json vm-gen2.vhdx
expect 0 "$HVGEN2" nvram export --format custom-uefi -o exported.json vm.fd
jq -S .properties.uefiSettings.signatures exported.json >a
jq -S .properties.uefiSettings.signatures template.json >b
jq -S '.KEK |= [.[0]] | .db |= [{type: "x509", value: [.[].value[]]}]' b >c
cmp a c || fail "the signatures are not those of the template"
expect 0 "$HVGEN2" convert -f --secure-boot-keys exported.json vm.vhdx
check_store vm-gen2.vmgs

# 'auto': the keys of an installed OVMF, whole.
if [ -e /usr/share/OVMF/OVMF_VARS_4M.ms.fd ]; then
	expect 0 "$HVGEN2" convert -f --secure-boot-keys auto vm.vhdx
	for name in PK KEK db dbx; do
		take /usr/share/OVMF/OVMF_VARS_4M.ms.fd $name 00000027
		mv $name.esl theirs.esl
		take vm-gen2.vmgs $name 00000027
		cmp theirs.esl $name.esl || fail "$name is not that of OVMF"
	done
	check_guest_state vm-gen2.vmgs
fi

# Would the firmware start what the guest has? Its boot manager is signed by somebody whom 'db1' vouches for.
if command -v sbsign >/dev/null; then
	openssl x509 -inform DER -in db1.der -out db1.pem
	openssl x509 -inform DER -in db2.der -out db2.pem
	sign() { # NAME CA PROGRAM
		openssl req -new -newkey rsa:2048 -nodes -subj "/CN=Signer $1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
		openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 3650 -out "$1.pem" 2>/dev/null
		openssl x509 -in "$1.pem" -outform DER -out "$1.der"
		sbsign --key "$1.key" --cert "$1.pem" --output "$1.efi" "$3" 2>/dev/null
	}
	sign one db1 "$BUILD_DIR/tests/boot/bootmgfw.efi"
	sign two db2 "$BUILD_DIR/tests/boot/bootmgfw.efi"
	judge() { # DB VM SET WARNING [OPTION...]
		jq --argjson db "$(x509 "$(b64 "$1.der")")" '.properties.uefiSettings.signatures.db = [$db]' template.json >one.json
		expect 0 "$HVGEN2" convert -f -o judged.vhdx --secure-boot-keys one.json "${@:5}" "$2"
		grep 'loader-not-in-db' out.txt >warning.txt || true
		if [ -n "$4" ]; then
			grep -qF "$4" warning.txt || fail "db $1, $2: no warning '$4': $(cat warning.txt)"
		else
			[ ! -s warning.txt ] || fail "db $1, $2: $(cat warning.txt)"
		fi
		[ "$(jq -r .esp.boot_files judged.report.json)" = "$3" ] || fail "db $1, $2: not the set of $3"
	}
	"$MKVM" --small --bootmgfw one.efi old.vhdx
	"$MKVM" --small --bootmgfw one.efi --bootmgfw-ex two.efi both.vhdx
	judge db1 old.vhdx 2011 ''
	judge one old.vhdx 2011 ''
	judge db2 old.vhdx 2011 "signed under 'Test db1'"
	judge db1 both.vhdx 2011 ''
	judge db2 both.vhdx 2023 ''
	judge db2 both.vhdx 2011 "signed under 'Test db1'" --boot-files 2011
	judge db1 both.vhdx 2023 "signed under 'Test db2'" --boot-files 2023
	judge kek both.vhdx 2011 "signed under 'Test db1'"
	judge db1 vm.vhdx 2011 'not signed'
	# A signature of rubbish is none, and one that comes from a template's db counts as well.
	python3 - <<-'END2'
		image = bytearray(open("one.efi", "rb").read())
		at = image.rfind(b"Test db1")
		header = int.from_bytes(image[60:64], "little") + 24 + 112 + 32
		start = int.from_bytes(image[header:header + 4], "little")
		image[start + 8:start + 40] = bytes(32)
		open("broken.efi", "wb").write(image)
	END2
	"$MKVM" --small --bootmgfw broken.efi broken.vhdx
	judge db1 broken.vhdx 2011 'not signed'
	expect 0 "$HVGEN2" convert -f -o judged.vhdx --nvram-template vm.fd broken.vhdx
	grep -q 'loader-not-in-db' out.txt || fail "the db of a template does not count"
fi

# Rubbish: refused, and nothing written.
jq '.properties.uefiSettings.signatures.PK.value += .properties.uefiSettings.signatures.KEK[0].value' template.json >two_pk.json
template no_certificate.json "$(b64 hashes)"
template no_base64.json '*'
jq 'del(.properties.uefiSettings.signatures.PK)' template.json >no_pk.json
jq 'del(.properties.uefiSettings.signatures.db)' template.json >no_db.json
jq '.properties.uefiSettings.signatures.KEK = []' template.json >no_kek.json
jq '.properties.uefiSettings.signatures.db = [{type: "Default"}]' template.json >default.json
jq '.properties.uefiSettings.signatures.dbx[0].value[0] = "QUJD"' template.json >short_hash.json
jq '.properties.uefiSettings.signatures.db[0].type = "rsa2048"' template.json >other.json
jq '.type = "x"' template.json >type.json
jq '.properties.uefiSettings = 1' template.json >settings_number.json
head -c 3000 template.json >cut.json
head -c 100000 /dev/zero >zeros
: >empty
expect 0 "$HVGEN2" convert -f vm.vhdx
cp vm-gen2.vmgs before.vmgs
for file in two_pk.json no_certificate.json no_base64.json no_pk.json no_db.json no_kek.json default.json short_hash.json \
	other.json type.json settings_number.json cut.json zeros empty vm.vhdx before.vmgs; do
	expect 4 "$HVGEN2" nvram add-keys --secure-boot-keys $file vm-gen2.vmgs
	cmp before.vmgs vm-gen2.vmgs || fail "$file changed the store"
	grep -qF "$file'" err.txt || fail "$file is not named: $(cat err.txt)"
done
for file in no_pk.json default.json zeros; do
	expect 4 "$HVGEN2" convert -o new.vhdx --secure-boot-keys $file vm.vhdx
	[ -z "$(ls -A | grep -F new)" ] || fail "$file left something"
done
expect 1 "$HVGEN2" convert -o new.vhdx --secure-boot-keys missing vm.vhdx
expect 2 "$HVGEN2" convert -o new.vhdx --secure-boot-keys auto --nvram none vm.vhdx
