#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh TEST.ps1 [ARG ...]: scripts of made and of real configurations, then a test over them in PowerShell, which finds them
# in $env:SCRIPTS.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
test=$1
shift
pwsh=${PWSH:-$SOURCE_DIR/build/powershell/pwsh}
[ -x "$pwsh" ] || pwsh=$(command -v pwsh || true)
if [ -z "$pwsh" ]; then
	echo "there is no PowerShell 7: './bootstrap test' installs it where there is a .NET SDK"
	exit 77
fi
work=$BUILD_DIR/tests/powershell/work/$test${1:+-$1}
rm -rf "$work"
mkdir -p "$work"

emit() { # NAME [EMIT-OPTION ...] -- [MKVMCX-OPTION ...]
	local name=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	"$MKVMCX" "$@" "$work/$name.vmcx"
	"$EMIT_SCRIPT" ${options[@]+"${options[@]}"} "$work/$name.vmcx" >"$work/$name.ps1"
}

# Names that end every kind of string, start commands, turn lines and directions.
hostile=$'it\'s \xe2\x80\x98a\xe2\x80\x99 \xe2\x80\x9ab\xe2\x80\x9b "c" `d $(Stop-Computer) ${x}; & {e} #> <# @\' \t\x1b[31m \xe2\x80\xae\xe2\x81\xa6 \xf0\x9f\x98\x80'
nic=_a87b1c90-2f3e-4c5d-9d10-77e0c4b2f615_
firmware=_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_
emit sample --store vm.vmgs --
emit network --network --
emit options --secure-boot-off --tpm --dynamic-macs --new-id --switch LAN=Production --attach-data --no-esp --
emit named --name "$hostile" --
emit hostile -- --set "properties/name string $hostile" --set "properties/notes string $hostile" \
	--set "$nic/FriendlyName string $hostile" --set "$nic/Connection/AltSwitchName string $hostile" \
	--set "$firmware/chassis/asset_tag string $hostile" \
	--set "_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller1/drive0/pathname string D:\\$hostile.iso" \
	--set "_8e3a359f-559a-4b6a-98a9-1690a6100ed7_/port0/connection string \\\\.\\pipe\\$hostile"
port=$nic/Connection/Feature_
emit port -- --set "${port}776E0BA7-94A1-41C8-8F28-951F524251B5/Setting_77777777-2222-3333-4444-555555555555/Data bytes 01010002000100000000000001000000" \
	--set "${port}776E0BA7-94A1-41C8-8F28-951F524251B5/Setting_77777777-2222-3333-4444-555555555555/Version integer 256" \
	--set "${port}24AD3CE1-69BD-4978-B2AC-DAAD389D699C/Setting_88888888-2222-3333-4444-555555555555/Data bytes 0000000000000000320000000000000000e1f5050000000000000000000000000000000000000000" \
	--set "${port}24AD3CE1-69BD-4978-B2AC-DAAD389D699C/Setting_88888888-2222-3333-4444-555555555555/Version integer 256" \
	--set "${port}C885BFD1-ABB7-418F-8163-9F379C9F7166/Setting_66666666-2222-3333-4444-555555555555/Data bytes 00010000320000006400000002000000c8000000" \
	--set "$nic/DeviceNamingEnabled bool true"
printf '%s' "$hostile" >"$work/hostile.txt"
for real in "$SOURCE_DIR"/../shared/data/hyperv/dissect.target/{EC04F346,B90AC31B}-*; do
	[ -e "$real" ] || continue
	name=$(basename "$real")
	"$EMIT_SCRIPT" "$real" >"$work/real-${name%%-*}.ps1"
done

# Nothing of the user's: no profile, no history, no telemetry.
export SCRIPTS=$work PWSH=$pwsh HOME=$work POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off DOTNET_CLI_TELEMETRY_OPTOUT=1
export PSModulePath=$here
exec "$pwsh" -NoProfile -NonInteractive -File "$here/$test.ps1" "$@"
