# --- Checks ---------------------------------------------------------------------------------------------------------

function Test-Host {
	try {
		[void](Get-VMHost)
		$State.Machines = @(Get-VM)
	} catch {
		Add-Problem ('Hyper-V does not answer: {0}' -f $_.Exception.Message)
	}
	if (-not (Test-Parameter 'New-VM' 'Generation')) {
		Add-Problem 'this host knows no VMs of generation 2: take one of Windows Server 2012 R2 or later'
	}
	if ($VMName) {
		$State.Name = $VMName
	}
	if ($GuestStateFile -and -not (Test-Parameter 'New-VM' 'SourceGuestStatePath')) {
		Add-Problem "this host's New-VM takes no guest state file: leave -GuestStateFile out, and the host makes its own"
	}
	if ($GuestStateFile -and -not (Test-Path -LiteralPath $GuestStateFile)) {
		Add-Problem ("the guest state file '{0}' is not there" -f $GuestStateFile)
	}
}

function Find-BiosGuids {
	try {
		$filter = "VirtualSystemType = 'Microsoft:Hyper-V:System:Realized'"
		foreach ($data in @(Get-CimInstance -Namespace $Namespace -ClassName Msvm_VirtualSystemSettingData -Filter $filter)) {
			if ($data.BIOSGUID) {
				$State.BiosGuids[[string][guid]$data.VirtualSystemIdentifier] = [string][guid]$data.BIOSGUID
			}
		}
	} catch {
		$State.HasWmi = $false
		Add-Warning ('WMI does not answer ({0}): serial numbers, BIOS GUID and channels of the old VM are lost' -f
			$_.Exception.Message)
	}
}

function Test-BiosGuid($Machine, [string]$BiosGuid) {
	return ($BiosGuid -and ($State.BiosGuids[[string]$Machine.Id] -eq $BiosGuid))
}

function Get-DiskPath([hashtable]$Disk) {
	if ($Disk.IsAttached) {
		return $Disk.File
	}
	return [IO.Path]::Combine($DiskFolder, $Disk.File)
}

function Test-BootDisk($Machine) {
	$boot = @($Plan.Disks | Where-Object { $_.IsBoot })[0]
	foreach ($drive in @(Get-VMHardDiskDrive -VM $Machine)) {
		if ($drive.Path -eq (Get-DiskPath $boot)) {
			return $true
		}
	}
	return $false
}

# Is it there already? A name alone says nothing: the old VM has it too.
function Find-Existing {
	foreach ($machine in $State.Machines) {
		if ($machine.Generation -ne 2) {
			continue
		}
		if ((Test-BiosGuid $machine $Plan.BiosGuid) -or
			(($machine.Name -eq $State.Name) -and (Test-BootDisk $machine))) {
			$State.Existing = $machine
			return
		}
	}
}

function Test-OldMachine($Machine) {
	return (($Machine.Generation -eq 1) -and (Test-BiosGuid $Machine $Plan.OldBiosGuid))
}

function Test-Machines {
	foreach ($machine in $State.Machines) {
		if ((Test-OldMachine $machine) -and ([string]$machine.State -ne 'Off')) {
			Add-Problem ("the old VM '{0}' is not off: shut it down, and convert its disks again if it ran since" -f
				$machine.Name)
		}
		if ($machine.Name -eq $State.Name) {
			Add-Problem ("a VM named '{0}' is on this host: give the new one another name with -VMName, or rename the old one" -f
				$machine.Name)
		}
	}
}

function Test-DiskFile([string]$File) {
	if (-not (Test-Path -LiteralPath $File)) {
		Add-Problem ("the disk '{0}' is not there: say with -DiskFolder where the disks are" -f $File)
		return
	}
	try {
		$disk = Get-VHD -Path $File
	} catch {
		Add-Problem ("the disk '{0}' cannot be read: {1}" -f $File, $_.Exception.Message)
		return
	}
	if ([string]$disk.VhdFormat -notlike 'VHD[XS]*') {
		Add-Problem ("the disk '{0}' is no VHDX: generation 2 takes no other" -f $File)
	}
	if ($disk.Attached) {
		Add-Problem ("the disk '{0}' is in use" -f $File)
	}
	if (([string]$disk.VhdType -eq 'Differencing') -and -not ($disk.ParentPath -and (Test-Path -LiteralPath $disk.ParentPath))) {
		Add-Problem ("the disk '{0}' needs its parent '{1}', which is not there" -f $File, $disk.ParentPath)
	}
}

function Find-Drives {
	foreach ($machine in $State.Machines) {
		foreach ($drive in @(Get-VMHardDiskDrive -VM $machine)) {
			$State.Drives += @{ Machine = $machine; Path = $drive.Path }
		}
	}
}

function Test-DiskOwners([hashtable]$Disk) {
	$file = Get-DiskPath $Disk
	foreach ($drive in @($State.Drives | Where-Object { $_.Path -eq $file })) {
		if ($Disk.IsAttached -and (Test-OldMachine $drive.Machine)) {
			Add-Warning ("the old VM '{0}' has the disk '{1}' too: never start both" -f $drive.Machine.Name, $file)
		} elseif (-not $Disk.IsShared) {
			Add-Problem ("the disk '{0}' is a disk of the VM '{1}' already" -f $file, $drive.Machine.Name)
		}
	}
}

function Test-Disks {
	Find-Drives
	foreach ($disk in $Plan.Disks) {
		Test-DiskFile (Get-DiskPath $disk)
		Test-DiskOwners $disk
	}
	foreach ($dvd in $Plan.Dvds) {
		$image = $dvd.Path
		if ($image -and -not (Test-Path -LiteralPath $image)) {
			Add-Warning ("the image '{0}' is not there: the drive stays empty" -f $image)
			$image = $null
		}
		$State.DvdPaths += , $image
	}
}

# Names are compared here, as cmdlets take them for patterns.
function Find-Switch([string]$Name) {
	$wanted = $Name
	if ($SwitchMap.ContainsKey($Name)) {
		$wanted = [string]$SwitchMap[$Name]
	}
	if (-not $wanted) {
		return $null
	}
	$found = @(Get-VMSwitch | Where-Object { $_.Name -ceq $wanted })
	if ($found.Count -eq 1) {
		return $found[0]
	}
	if ($found.Count -eq 0) {
		Add-Problem ("there is no virtual switch '{0}': say with -SwitchMap which one it is here, or '' for none" -f $wanted)
	} else {
		Add-Problem ("there are {0} virtual switches '{1}': say with -SwitchMap another one" -f $found.Count, $wanted)
	}
	return $null
}

function Test-Adapters {
	$macs = @{}
	foreach ($machine in $State.Machines) {
		if (Test-OldMachine $machine) {
			continue
		}
		foreach ($adapter in @(Get-VMNetworkAdapter -VM $machine)) {
			$macs[[string]$adapter.MacAddress] = $machine.Name
		}
	}
	foreach ($adapter in $Plan.Adapters) {
		$switch = $null
		if ($adapter.Switch) {
			$switch = Find-Switch $adapter.Switch
		}
		$State.Switches += , $switch
		if ($adapter.Mac -and $macs.ContainsKey($adapter.Mac)) {
			Add-Problem ("the VM '{0}' has the address {1} already" -f $macs[$adapter.Mac], $adapter.Mac)
		}
		if (($null -ne $adapter.Vlan) -and (($adapter.Vlan -lt 1) -or ($adapter.Vlan -gt 4094))) {
			Add-Problem ('there is no VLAN {0}' -f $adapter.Vlan)
		}
	}
}

function Test-Settings {
	Test-Lost 'Set-VMMemory' $Plan.Memory
	Test-Lost 'Set-VMProcessor' $Plan.Processor
	Test-Lost 'Set-VM' $Plan.Settings
	Test-Lost 'Set-VMVideo' $Plan.Video
	Test-Lost 'Set-VMFirmware' (Get-FirmwareSettings)
	foreach ($adapter in $Plan.Adapters) {
		Test-Lost 'Set-VMNetworkAdapter' $adapter.Port
	}
	foreach ($disk in $Plan.Disks) {
		Test-Lost 'Add-VMHardDiskDrive' @{ QoSPolicyID = $disk.QoSPolicyID }
	}
	if ($Plan.Firmware.SecureBoot -and -not (Test-SecureBootTemplate)) {
		Add-Warning 'Secure Boot is switched off: this host has no keys but those for Windows'
	} elseif ($GuestStateFile -and $Plan.Firmware.SecureBoot -and -not (Test-SecureBoot)) {
		Add-Warning 'Secure Boot is switched off: the guest state file holds no keys'
	}
	if ($Plan.Firmware.Tpm -and -not (Test-Parameter 'Enable-VMTPM' 'VM')) {
		Add-Problem 'this host knows no TPM for VMs'
	}
}

function Test-Everything {
	Test-Host
	if ($Problems.Count -gt 0) {
		return
	}
	Find-BiosGuids
	Find-Existing
	if ($null -ne $State.Existing) {
		return
	}
	Test-Machines
	Test-Disks
	Test-Adapters
	Test-Settings
}

