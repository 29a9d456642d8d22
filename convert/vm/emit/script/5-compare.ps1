# --- Read back ------------------------------------------------------------------------------------------------------

# A property that an older host does not have is $null.
function Get-Value($Object, [string]$Name) {
	$property = $Object.PSObject.Properties[$Name]
	if ($null -eq $property) {
		return $null
	}
	return $property.Value
}

function Add-Difference($List, [string]$What, $Wanted, $Found, [bool]$IsMust) {
	if (($null -ne $Wanted) -and ([string]$Wanted -ne [string]$Found)) {
		[void]$List.Add(@{ What = (Format-Text ("{0}: '{1}' in place of '{2}'" -f $What, $Found, $Wanted)); IsMust = $IsMust })
	}
}

function Compare-Drives($List, $Machine) {
	$found = @{}
	foreach ($drive in (@(Get-VMHardDiskDrive -VM $Machine) + @(Get-VMDvdDrive -VM $Machine))) {
		$found['{0}:{1}' -f $drive.ControllerNumber, $drive.ControllerLocation] = [string]$drive.Path
	}
	foreach ($disk in $Plan.Disks) {
		$place = '{0}:{1}' -f $disk.Controller, $disk.Slot
		Add-Difference $List ('disk SCSI ' + $place) (Get-DiskPath $disk) $found[$place] $true
	}
	foreach ($dvd in $Plan.Dvds) {
		$place = '{0}:{1}' -f $dvd.Controller, $dvd.Slot
		Add-Difference $List ('DVD SCSI ' + $place) $dvd.Path $found[$place] $false
	}
}

function Find-Adapter([object[]]$Found, [int]$Number) {
	$adapter = $Plan.Adapters[$Number]
	$id = $null
	if ($State.Adapters.Count -gt $Number) {
		$id = $State.Adapters[$Number].Id
	}
	foreach ($candidate in $Found) {
		if (($adapter.Mac -and ($candidate.MacAddress -eq $adapter.Mac)) -or ($id -and ($candidate.Id -eq $id))) {
			return $candidate
		}
	}
	if ($Number -lt $Found.Count) {
		return $Found[$Number]
	}
}

function Compare-Adapter($List, $Found, [int]$Number) {
	$adapter = $Plan.Adapters[$Number]
	$switch = $adapter.Switch
	if ($switch -and $SwitchMap.ContainsKey($switch)) {
		$switch = [string]$SwitchMap[$switch]
	}
	Add-Difference $List ('name of adapter {0}' -f $Number) $adapter.Name $Found.Name $false
	Add-Difference $List ('MAC address of adapter {0}' -f $Number) $adapter.Mac $Found.MacAddress $true
	Add-Difference $List ('switch of adapter {0}' -f $Number) ([string]$switch) $Found.SwitchName $true
	if ($null -ne $adapter.Vlan) {
		$vlan = Get-VMNetworkAdapterVlan -VMNetworkAdapter $Found
		Add-Difference $List ('VLAN of adapter {0}' -f $Number) $adapter.Vlan $vlan.AccessVlanId $true
	}
}

function Compare-Adapters($List, $Machine) {
	$found = @(Get-VMNetworkAdapter -VM $Machine)
	Add-Difference $List 'number of adapters' $Plan.Adapters.Count $found.Count $true
	if ($found.Count -ne $Plan.Adapters.Count) {
		return
	}
	for ($i = 0; $i -lt $found.Count; $i++) {
		Compare-Adapter $List (Find-Adapter $found $i) $i
	}
}

function Compare-Settings($List, $Machine) {
	$memory = Get-VMMemory -VM $Machine
	$processor = Get-VMProcessor -VM $Machine
	$firmware = Get-VMFirmware -VM $Machine
	$secureBoot = 'Off'
	if (Test-SecureBoot) {
		$secureBoot = 'On'
	}
	Add-Difference $List 'generation' 2 $Machine.Generation $true
	Add-Difference $List 'memory' $Plan.Memory.StartupBytes $memory.Startup $true
	Add-Difference $List 'dynamic memory' $Plan.Memory.DynamicMemoryEnabled $memory.DynamicMemoryEnabled $true
	Add-Difference $List 'least memory' $Plan.Memory.MinimumBytes $memory.Minimum $true
	Add-Difference $List 'most memory' $Plan.Memory.MaximumBytes $memory.Maximum $true
	Add-Difference $List 'processors' $Plan.Processor.Count $processor.Count $true
	Add-Difference $List 'Secure Boot' $secureBoot $firmware.SecureBoot $true
	if ($Plan.Notes) {
		Add-Difference $List 'notes' $Plan.Notes $Machine.Notes $false
	}
	foreach ($key in @($Plan.Settings.Keys | Sort-Object)) {
		$found = Get-Value $Machine $key
		if ($null -ne $found) {
			Add-Difference $List $key $Plan.Settings[$key] $found $false
		}
	}
}

function Compare-Identity($List, $Machine) {
	if (-not $State.HasWmi) {
		return
	}
	$data = Get-SettingData $Machine.Id
	$wanted = Get-Identity
	foreach ($key in @($wanted.Keys | Sort-Object)) {
		Add-Difference $List $key $wanted[$key] (Get-Value $data $key) $false
	}
}

# The state of now, not that of the object we were given long ago.
function Get-Machine([guid]$Id) {
	return Get-VM -Id $Id
}

function Get-Differences($Machine) {
	$list = New-Object System.Collections.ArrayList
	Compare-Settings $list $Machine
	Compare-Drives $list $Machine
	Compare-Adapters $list $Machine
	Compare-Identity $list $Machine
	return $list.ToArray()
}

function Test-Result {
	$wrong = @()
	foreach ($difference in (Get-Differences (Get-Machine $State.Vm.Id))) {
		if ($difference.IsMust) {
			$wrong += $difference.What
		} else {
			Add-Warning $difference.What
		}
	}
	if ($wrong.Count -gt 0) {
		throw ('the VM is not as it was asked for: {0}' -f ($wrong -join '; '))
	}
}

