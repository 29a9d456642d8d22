# SPDX-License-Identifier: GPL-3.0-or-later
# The VMs of the scripts that vm_wishes.sh makes with the options of the program.
. ([IO.Path]::Combine($PSScriptRoot, 'harness.ps1'))
Use-Version '2025'
$switch = 'Producti' + [char]0xf3 + 'n = 2'

function Get-Made([string]$Name) {
	$more = @{ Switches = @('LAN', $switch); Files = @{ 'E:\VMs\FILES-01\more.vhdx' = (Get-Disk) } }
	Set-StubHost (Get-HostState $more)
	$run = Invoke-Script $Name
	Test-Same $run.Code 0 "exit status of $Name ($($run.Errors))"
	$again = Invoke-Script $Name
	Test-Same ($again.Result.Differences -join '; ') '' "differences of $Name"
	return Get-TheMachine $run
}

function Get-Adapters($Machine) {
	return @($Machine.Adapters | ForEach-Object { '{0} {1} {2} {3}' -f $_.Mac, $_.Dynamic, $_.Switch, $_.Vlan }) -join '; '
}

$made = Get-Made 'wishes'
Test-Same (Get-Adapters $made) "000000000000 True $switch 30; 00155D0A1402 False $switch 4094" 'adapters as wanted'
Test-Same $made.Tpm $true 'the TPM'
Test-Same $made.Firmware.SecureBoot 'Off' 'Secure Boot'
Test-True ($made.Identity.BIOSGUID -ne '{7A0E3D11-4C59-4F6B-8B3A-5D2F1C0E9A87}') 'a BIOS GUID of its own'
Test-True ('3333-4444' -notin @($made.Identity.PSObject.Properties | ForEach-Object { $_.Value })) 'no serial number of the old VM'

$made = Get-Made 'plain'
Test-Same (Get-Adapters $made) '00155D0A1401 False LAN 20; 00155D0A1402 False LAN ' 'adapters as they were'
Test-Same $made.Tpm $false 'no TPM'
Test-Same $made.Firmware.SecureBoot 'On' 'Secure Boot is on'

$made = Get-Made 'without'
Test-Same (Get-Adapters $made) '00155D0A1401 False  ; 00155D0A1402 False  ' 'adapters without switch'
Complete-Test
