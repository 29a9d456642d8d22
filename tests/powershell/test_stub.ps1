# SPDX-License-Identifier: GPL-3.0-or-later
# The judge is no yes-man: what a real host refuses, the stub refuses.
. ([IO.Path]::Combine($PSScriptRoot, 'harness.ps1'))

function Test-Refused([string]$What, [scriptblock]$Do) {
	$said = $null
	try {
		[void](& $Do)
	} catch {
		$said = $_
	}
	Test-True ($null -ne $said) "the stub takes $What"
}

foreach ($version in '2012R2', '2016', '2025') {
	Use-Version $version
	$knows = (Get-Command Set-VM -Module Hyper-V).Parameters.ContainsKey('CheckpointType')
	Test-Same $knows ($version -ne '2012R2') "Set-VM -CheckpointType of $version"
	$knows = (Get-Command New-VM -Module Hyper-V).Parameters.ContainsKey('SourceGuestStatePath')
	Test-Same $knows ($version -eq '2025') "New-VM -SourceGuestStatePath of $version"
	Test-Same ($null -ne (Get-Command Set-VMVideo -ErrorAction SilentlyContinue)) ($version -ne '2012R2') "Set-VMVideo of $version"
}

Set-StubHost (Get-HostState @{ Files = @{ '/vms/a.vhd' = (Get-Disk -Format 'VHD'); '/vms/b.vhdx' = (Get-Disk -Attached $true) } })
$vm = New-VM -Name 'a' -Generation 2 -NoVHD
$old = Add-StubMachine 'old' 1
$running = Add-StubMachine 'running' 2 'Running'
Test-Refused 'an unknown parameter' { Set-VM -VM $vm -Nonsense 1 }
Test-Refused 'an ambiguous one' { Set-VM -VM $vm -Automatic Nothing }
Test-Refused 'a word that is none' { Set-VM -VM $vm -AutomaticStartAction Later }
Test-Refused 'a text for a VM' { Get-VMMemory -VM 'a' }
Test-Refused 'a generation that is none' { New-VM -Name b -Generation 3 }
Test-Refused 'parameters of two sets' { New-VM -NoVHD -VHDPath x }
Test-Refused 'a missing parameter' { Set-VMComPort -VM $vm -Path x }
Test-Refused 'IDE' { Add-VMHardDiskDrive -VM $vm -ControllerType IDE -Path /vms/vm.vhdx }
Test-Refused 'a .vhd' { Add-VMHardDiskDrive -VM $vm -ControllerType SCSI -Path /vms/a.vhd }
Test-Refused 'a disk in use' { Add-VMHardDiskDrive -VM $vm -ControllerType SCSI -Path /vms/b.vhdx }
Test-Refused 'a disk that is not there' { Add-VMHardDiskDrive -VM $vm -ControllerType SCSI -Path /vms/c.vhdx }
Test-Refused 'a place beyond the last' { Add-VMDvdDrive -VM $vm -ControllerLocation 64 }
Add-VMDvdDrive -VM $vm -ControllerLocation 5
Test-Refused 'a place twice' { Add-VMDvdDrive -VM $vm -ControllerLocation 5 }
Test-Refused 'a controller that is not there' { Add-VMDvdDrive -VM $vm -ControllerNumber 1 }
Test-Refused 'an address that is none' { Add-VMNetworkAdapter -VM $vm -StaticMacAddress '00-15' }
Test-Refused 'a legacy adapter' { Add-VMNetworkAdapter -VM $vm -IsLegacy $true }
Test-Refused 'VLAN 4095' { Set-VMNetworkAdapterVlan -VMNetworkAdapter (Get-VMNetworkAdapter -VM $vm) -Access -VlanId 4095 }
Test-Refused 'UEFI of generation 1' { Get-VMFirmware -VM $old }
Test-Refused 'a change of a running VM' { Set-VM -VM $running -Notes x }
Test-Refused 'a prompt' { Remove-VM -VM $vm }
Test-Refused 'a quote in a filter' { Get-CimInstance -Namespace root\virtualization\v2 -ClassName Msvm_ComputerSystem -Filter "Name = 'a' OR 'b' = 'b'" }
Test-Refused 'a class that is none' { Get-CimInstance -Namespace root\virtualization\v2 -ClassName Msvm_Nonsense }

function Invoke-System([string]$Text) {
	$service = Get-CimInstance -Namespace root\virtualization\v2 -ClassName Msvm_VirtualSystemManagementService
	return Invoke-CimMethod -InputObject $service -MethodName ModifySystemSettings -Arguments @{ SystemSettings = $Text }
}
$id = '<PROPERTY NAME="InstanceID" TYPE="string"><VALUE>Microsoft:{0}</VALUE></PROPERTY>' -f $vm.Id
Test-Refused 'text that is no XML' { Invoke-System '<INSTANCE' }
Test-Refused 'another class' { Invoke-System "<INSTANCE CLASSNAME=`"Msvm_X`">$id</INSTANCE>" }
Test-Refused 'an unknown property' { Invoke-System "<INSTANCE CLASSNAME=`"Msvm_VirtualSystemSettingData`">$id<PROPERTY NAME=`"X`" TYPE=`"string`"><VALUE>1</VALUE></PROPERTY></INSTANCE>" }
Test-Refused 'a wrong type' { Invoke-System "<INSTANCE CLASSNAME=`"Msvm_VirtualSystemSettingData`">$id<PROPERTY NAME=`"BIOSGUID`" TYPE=`"uint32`"><VALUE>1</VALUE></PROPERTY></INSTANCE>" }
Complete-Test
