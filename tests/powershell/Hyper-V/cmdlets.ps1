# SPDX-License-Identifier: GPL-3.0-or-later
# What the cmdlets do. $P: the parameters that were given.

$Types = 'Microsoft.HyperV.PowerShell.'
$ServiceIds = '6C09BB55-D683-4DA0-8931-C9BF705F6480', '84EAAE65-2F2E-45F5-9BB5-0E857DC8EB47',
	'2A34B1C2-FD73-4043-8A5B-DD2159BC743F', '9F8233AC-BE49-4C79-8EE3-E7E1985B2077',
	'2497F4DE-E9FA-4204-80E4-4B75C46419C0', '5CED1297-4598-4915-A5FC-AD21BB4D02A4'

function Get-ArgumentText($Value) {
	if ($null -eq $Value) {
		return '$null'
	}
	if ($null -ne $Value.PSObject.Properties['Id']) {
		return '{0}({1})' -f $Value.GetType().Name, $Value.Id
	}
	return [string]$Value
}

function Invoke-StubCmdlet([string]$Name, $P) {
	$isChange = $Name -notlike 'Get-*'
	$text = $Name
	foreach ($key in @($P.Keys | Sort-Object)) {
		$text += ' -{0} {1}' -f $key, (@($P[$key] | ForEach-Object { Get-ArgumentText $_ }) -join ',')
	}
	[void]$TheHost.Log.Add($(if ($isChange) { '!' } else { '' }) + $text)
	if ($isChange) {
		Enter-Change $Name
	}
	& ('Stub' + $Name) $P
}

function Get-Given($P, [string]$Key, $Default) {
	if ($P.ContainsKey($Key)) {
		return $P[$Key]
	}
	return $Default
}

function Get-NewId($Machine) {
	return 'Microsoft:{0}\{1}' -f ([string]$Machine.Id).ToUpperInvariant(), ([string][guid]::NewGuid()).ToUpperInvariant()
}

# Only one, and only one that is off.
function Get-OffMachine($P) {
	$machine = @($P['VM'])[0]
	if (-not $TheHost.Machines.Contains($machine)) {
		throw 'the VM is gone'
	}
	if ([string]$machine.State -ne 'Off') {
		throw "the VM '$($machine.Name)' is running"
	}
	return $machine
}

function New-Component([string]$Type, $Machine, [hashtable]$With) {
	$component = New-Object ($Types + $Type) -Property $With
	if (-not $component.Id) {
		$component.Id = Get-NewId $Machine
	}
	$component.SetOwner($Machine)
	return $component
}

function Add-Controller($Machine, [string]$Channel) {
	$controller = New-Component 'VMScsiController' $Machine @{
		Name = 'SCSI Controller'; ControllerNumber = $Machine.Controllers.Count }
	$controller.Id += '\0'
	$controller.Channel = [string[]]@($Channel)
	$Machine.Controllers.Add($controller)
	return $controller
}

function Add-NetworkAdapter($Machine, [string]$Name, [string]$Channel) {
	$adapter = New-Component 'VMNetworkAdapter' $Machine @{ Name = $Name; MacAddress = '000000000000'; DynamicMacAddressEnabled = $true; SwitchName = '' }
	$adapter.Channel = [string[]]@($Channel)
	$Machine.Adapters.Add($adapter)
	Add-BootDevice $Machine 'Network' $adapter
	return $adapter
}

function Add-BootDevice($Machine, [string]$Kind, $Device) {
	$Machine.Boot.Add((New-Component 'VMBootSource' $Machine @{ BootType = $Kind; Device = $Device }))
}

function Remove-BootDevice($Machine, $Device) {
	[void]$Machine.Boot.RemoveAll([Predicate[Microsoft.HyperV.PowerShell.VMBootSource]] { param($Source) $Source.Device -eq $Device })
}

function Get-Brace {
	return '{' + [string][guid]::NewGuid() + '}'
}

# A VM as New-VM makes it; for tests, too.
function Add-StubMachine([string]$Name, [int]$Generation = 2, [string]$State = 'Off', [string]$BiosGuid, [string]$Mac, [string]$Disk) {
	$machine = New-Object ($Types + 'VirtualMachine') -Property @{ Id = [guid]::NewGuid(); Name = $Name; Generation = $Generation }
	$machine.State = $State
	$machine.Notes = ''
	$machine.AutomaticStartAction = 'StartIfRunning'
	$machine.AutomaticStopAction = 'Save'
	if ($Version -ne '2012R2') {
		$machine.CheckpointType = 'Production'
		$machine.AutomaticCheckpointsEnabled = $true
		$machine.LockOnDisconnect = 'Off'
		$machine.AutomaticCriticalErrorAction = 'Pause'
		$machine.AutomaticCriticalErrorActionTimeout = 30
	}
	$machine.Memory = New-Component 'VMMemory' $machine @{ Startup = 1073741824; Buffer = 20; Priority = 50 }
	$machine.Processor = New-Component 'VMProcessor' $machine @{ Count = 1 }
	$machine.Firmware = New-Component 'VMFirmware' $machine @{ SecureBoot = 'On'; PreferredNetworkBootProtocol = 'IPv4' }
	$machine.Video = New-Component 'VMVideo' $machine @{ ResolutionType = 'Default' }
	foreach ($number in 0, 1) {
		$machine.Com[$number] = New-Component 'VMComPort' $machine @{ Name = "COM $($number + 1)"; Path = '' }
	}
	foreach ($id in $ServiceIds) {
		$machine.Services.Add((New-Component 'VMIntegrationComponent' $machine @{
			Id = 'Microsoft:{0}\{1}' -f $machine.Id, $id; Name = 'Dienst'; Enabled = ($id -ne $ServiceIds[0]) }))
	}
	$machine.Identity['BIOSGUID'] = $(if ($BiosGuid) { '{' + $BiosGuid + '}' } else { Get-Brace })
	[void](Add-Controller $machine (Get-Brace))
	$adapter = Add-NetworkAdapter $machine 'Network Adapter' (Get-Brace)
	if ($Mac) {
		$adapter.MacAddress = $Mac
	}
	if ($Disk) {
		$machine.Disks.Add((New-Component 'HardDiskDrive' $machine @{ Controller = $machine.Controllers[0]; Path = $Disk }))
	}
	[void]$TheHost.Machines.Add($machine)
	return $machine
}

# --- The host, its files and switches ----------------------------------------------------------------------------------

function StubGet-VMHost($P) {
	return New-Object ($Types + 'VMHost') -Property @{ ComputerName = 'STUB'; VirtualMachinePath = 'C:\VMs' }
}

function StubGet-VMSwitch($P) {
	return $TheHost.Switches | Where-Object { -not $P.ContainsKey('Name') -or ($_.Name -like $P['Name']) }
}

function StubGet-VHD($P) {
	$path = @($P['Path'])[0]
	$file = $TheHost.Files[(Get-PlainPath $path)]
	if ($null -eq $file) {
		throw "'$path' is no disk"
	}
	return New-Object ($Types + 'VirtualHardDisk') -Property @{
		Path = $path; VhdFormat = $file.Format; VhdType = $file.Type; ParentPath = $file.Parent; Attached = [bool]$file.Attached }
}

# --- VMs ----------------------------------------------------------------------------------------------------------------

function StubGet-VM($P) {
	return $TheHost.Machines.ToArray() | Where-Object {
		(-not $P.ContainsKey('Id') -or ($_.Id -eq $P['Id'])) -and
		(-not $P.ContainsKey('Name') -or ($_.Name -like @($P['Name'])[0])) }
}

function StubNew-VM($P) {
	$state = Get-Given $P 'SourceGuestStatePath' $null
	if ($state -and -not $TheHost.Files.ContainsKey((Get-PlainPath $state))) {
		throw "'$state' is not there"
	}
	$machine = Add-StubMachine (Get-Given $P 'Name' 'New Virtual Machine') (Get-Given $P 'Generation' 1)
	$machine.Memory.Startup = Get-Given $P 'MemoryStartupBytes' 1073741824
	$machine.GuestState = $state
	if ($P.ContainsKey('Path')) {
		$machine.Path = [IO.Path]::Combine($P['Path'], $machine.Name)
		if ($machine.Path.StartsWith('/')) {
			[void][IO.Directory]::CreateDirectory([IO.Path]::Combine($machine.Path, 'Virtual Machines'))
		}
	}
	return $machine
}

function StubRemove-VM($P) {
	foreach ($machine in @($P['VM'])) {
		[void](Get-OffMachine @{ VM = $machine })
		$TheHost.Machines.Remove($machine)
	}
}

function StubStart-VM($P) {
	$machine = Get-OffMachine $P
	foreach ($other in $TheHost.Machines) {
		if ([string]$other.State -ne 'Running') {
			continue
		}
		foreach ($disk in $machine.Disks) {
			if (@($other.Disks | Where-Object { $_.Path -eq $disk.Path }).Count -gt 0) {
				throw "the disk '$($disk.Path)' is in use"
			}
		}
	}
	$machine.State = 'Running'
	$machine.Heartbeat = $(if ($TheHost.Guest -eq 'answers') { 'OkApplicationsUnknown' } else { 'NoContact' })
}

function StubSet-VM($P) {
	$machine = Get-OffMachine $P
	foreach ($key in $P.Keys) {
		if (@('VM', 'Passthru', 'WhatIf', 'Confirm') -notcontains $key) {
			$machine.$key = $P[$key]
		}
	}
}

function StubGet-VMMemory($P) { return @($P['VM'])[0].Memory }

function StubSet-VMMemory($P) {
	$memory = (Get-OffMachine $P).Memory
	$names = @{ StartupBytes = 'Startup'; MinimumBytes = 'Minimum'; MaximumBytes = 'Maximum'; Buffer = 'Buffer'
		Priority = 'Priority'; DynamicMemoryEnabled = 'DynamicMemoryEnabled' }
	foreach ($key in $P.Keys) {
		if ($names.ContainsKey($key)) {
			$memory.($names[$key]) = $P[$key]
		}
	}
	if (($memory.Buffer -lt 5) -or ($memory.Buffer -gt 2000) -or ($memory.Priority -lt 0) -or ($memory.Priority -gt 100)) {
		throw 'the memory buffer or priority is out of range'
	}
	if ($memory.DynamicMemoryEnabled -and (($memory.Minimum -gt $memory.Startup) -or ($memory.Maximum -lt $memory.Startup))) {
		throw 'memory limits contradict each other'
	}
}

function StubGet-VMProcessor($P) { return @($P['VM'])[0].Processor }

function StubSet-VMProcessor($P) {
	$processor = (Get-OffMachine $P).Processor
	foreach ($key in $P.Keys) {
		if ($key -eq 'Count') {
			$processor.Count = $P[$key]
		} elseif (@('VM', 'Passthru', 'WhatIf', 'Confirm') -notcontains $key) {
			$processor.Settings[$key] = [string]$P[$key]
		}
		if ((@('Maximum', 'Reserve') -contains $key) -and (($P[$key] -lt 0) -or ($P[$key] -gt 100))) {
			throw 'that is no percentage'
		}
	}
}

# --- Drives -------------------------------------------------------------------------------------------------------------

function StubGet-VMScsiController($P) {
	return @($P['VM'])[0].Controllers.ToArray()
}

function StubAdd-VMScsiController($P) {
	$machine = Get-OffMachine $P
	if ($machine.Controllers.Count -ge 4) {
		throw 'a VM has at most four SCSI controllers'
	}
	[void](Add-Controller $machine (Get-Brace))
}

function StubRemove-VMScsiController($P) {
	$controller = @($P['VMScsiController'])[0]
	$machine = Get-OffMachine @{ VM = $controller.GetOwner() }
	if (-not $machine.Controllers.Remove($controller)) {
		throw 'the controller is gone'
	}
	for ($i = 0; $i -lt $machine.Controllers.Count; $i++) {
		$machine.Controllers[$i].ControllerNumber = $i
	}
}

function Get-Place($Machine, $P) {
	$controller = @($Machine.Controllers | Where-Object { $_.ControllerNumber -eq (Get-Given $P 'ControllerNumber' 0) })
	$slot = Get-Given $P 'ControllerLocation' 0
	if ($controller.Count -ne 1) {
		throw 'there is no such controller'
	}
	if (($slot -lt 0) -or ($slot -gt 63)) {
		throw 'there is no such place'
	}
	foreach ($drive in @($Machine.Disks) + @($Machine.Dvds)) {
		if (($drive.Controller -eq $controller[0]) -and ($drive.ControllerLocation -eq $slot)) {
			throw 'the place is taken'
		}
	}
	return @{ Controller = $controller[0]; ControllerLocation = $slot }
}

function StubGet-VMHardDiskDrive($P) { return @($P['VM'])[0].Disks.ToArray() }
function StubGet-VMDvdDrive($P) { return @($P['VM'])[0].Dvds.ToArray() }

function StubAdd-VMHardDiskDrive($P) {
	$machine = Get-OffMachine $P
	$with = Get-Place $machine $P
	if ([string](Get-Given $P 'ControllerType' 'IDE') -ne 'SCSI') {
		throw 'generation 2 has no IDE'
	}
	$disk = StubGet-VHD $P
	if ($disk.VhdFormat -notlike 'VHD[XS]*') {
		throw 'generation 2 takes no .vhd'
	}
	if ($disk.Attached) {
		throw 'the disk is in use'
	}
	$with.Path = $P['Path']
	foreach ($key in 'MaximumIOPS', 'MinimumIOPS', 'QoSPolicyID') {
		if ($P.ContainsKey($key)) {
			$with[$key] = $P[$key]
		}
	}
	$with.SupportPersistentReservations = [bool](Get-Given $P 'SupportPersistentReservations' $false)
	$with.Name = 'Hard Drive'
	$drive = New-Component 'HardDiskDrive' $machine $with
	$machine.Disks.Add($drive)
	Add-BootDevice $machine 'Drive' $drive
}

function StubAdd-VMDvdDrive($P) {
	$machine = Get-OffMachine $P
	$with = Get-Place $machine $P
	$with.Path = Get-Given $P 'Path' ''
	$with.Name = 'DVD Drive'
	if ($with.Path -like '\\.\*') {
		throw 'generation 2 has no physical DVD'
	}
	if ($with.Path -and -not $TheHost.Files.ContainsKey((Get-PlainPath $with.Path))) {
		throw "'$($with.Path)' is not there"
	}
	$drive = New-Component 'DvdDrive' $machine $with
	$machine.Dvds.Add($drive)
	Add-BootDevice $machine 'Drive' $drive
}

# --- Adapters ------------------------------------------------------------------------------------------------------------

function StubGet-VMNetworkAdapter($P) { return @($P['VM'])[0].Adapters.ToArray() }

function StubAdd-VMNetworkAdapter($P) {
	$machine = Get-OffMachine $P
	if (Get-Given $P 'IsLegacy' $false) {
		throw 'generation 2 has no legacy adapter'
	}
	if ($P.ContainsKey('SwitchName')) {
		throw 'the stub wants switches as objects: names are patterns'
	}
	if ($P.ContainsKey('StaticMacAddress') -and ($P['StaticMacAddress'] -notmatch '^[0-9A-Fa-f]{12}$')) {
		throw 'that is no address'
	}
	$adapter = Add-NetworkAdapter $machine (Get-Given $P 'Name' 'Network Adapter') (Get-Brace)
	if ($P.ContainsKey('StaticMacAddress')) {
		$adapter.MacAddress = $P['StaticMacAddress']
		$adapter.DynamicMacAddressEnabled = $false
	}
	if ($P.ContainsKey('Passthru')) {
		return $adapter
	}
}

function Get-LiveAdapter($P) {
	$adapter = @($P['VMNetworkAdapter'])[0]
	$machine = $adapter.GetOwner()
	if (-not $machine.Adapters.Contains($adapter)) {
		throw 'the adapter is gone'
	}
	return $adapter
}

function StubRemove-VMNetworkAdapter($P) {
	$adapter = Get-LiveAdapter $P
	$machine = Get-OffMachine @{ VM = $adapter.GetOwner() }
	[void]$machine.Adapters.Remove($adapter)
	Remove-BootDevice $machine $adapter
}

function StubConnect-VMNetworkAdapter($P) {
	$adapter = Get-LiveAdapter $P
	$adapter.SwitchName = $P['VMSwitch'].Name
	$adapter.Connected = $true
}

function StubSet-VMNetworkAdapter($P) {
	$adapter = Get-LiveAdapter $P
	if ($P.ContainsKey('MinimumBandwidthWeight') -and -not $TheHost.Weights) {
		throw 'the switch knows no weights'
	}
	foreach ($key in $P.Keys) {
		if (@('VMNetworkAdapter', 'Passthru', 'WhatIf', 'Confirm') -notcontains $key) {
			$adapter.Port[$key] = [string]$P[$key]
		}
	}
	if ($P.ContainsKey('MinimumBandwidthAbsolute') -and $P.ContainsKey('MinimumBandwidthWeight')) {
		throw 'weight and absolute bandwidth exclude each other'
	}
}

function StubGet-VMNetworkAdapterVlan($P) {
	$adapter = Get-LiveAdapter $P
	$setting = New-Object ($Types + 'VMNetworkAdapterVlanSetting') -Property @{ OperationMode = 'Untagged' }
	if ($null -ne $adapter.Vlan) {
		$setting.OperationMode = 'Access'
		$setting.AccessVlanId = $adapter.Vlan
	}
	return $setting
}

function StubSet-VMNetworkAdapterVlan($P) {
	$adapter = Get-LiveAdapter $P
	if (-not $P.ContainsKey('Access') -or ($P['VlanId'] -lt 1) -or ($P['VlanId'] -gt 4094)) {
		throw 'the stub knows access VLANs 1 to 4094'
	}
	$adapter.Vlan = $P['VlanId']
}

# --- The rest ------------------------------------------------------------------------------------------------------------

function StubGet-VMComPort($P) { return @($P['VM'])[0].Com[$P['Number'] - 1] }
function StubSet-VMComPort($P) { (Get-OffMachine $P).Com[$P['Number'] - 1].Path = $P['Path'] }
function StubGet-VMIntegrationService($P) { return @($P['VM'])[0].Services.ToArray() }
function StubEnable-VMIntegrationService($P) { @($P['VMIntegrationService'])[0].Enabled = $true }
function StubDisable-VMIntegrationService($P) { @($P['VMIntegrationService'])[0].Enabled = $false }
function StubGet-VMFirmware($P) {
	$machine = @($P['VM'])[0]
	if ($machine.Generation -ne 2) {
		throw 'generation 1 has no such firmware'
	}
	$machine.Firmware.BootOrder = $machine.Boot.ToArray()
	return $machine.Firmware
}

function StubSet-VMFirmware($P) {
	$machine = Get-OffMachine $P
	if ($machine.Generation -ne 2) {
		throw 'generation 1 has no such firmware'
	}
	if ($P.ContainsKey('BootOrder')) {
		throw 'an order made by hand loses the entries of files'
	}
	foreach ($key in 'SecureBootTemplate', 'PreferredNetworkBootProtocol', 'PauseAfterBootFailure') {
		if ($P.ContainsKey($key)) {
			$machine.Firmware.$key = [string]$P[$key]
		}
	}
	if ($P.ContainsKey('EnableSecureBoot')) {
		$machine.Firmware.SecureBoot = [string]$P['EnableSecureBoot']
	}
	if ($P.ContainsKey('FirstBootDevice')) {
		$first = @($machine.Boot | Where-Object { $_.Device -eq $P['FirstBootDevice'] })[0]
		[void]$machine.Boot.Remove($first)
		$machine.Boot.Insert(0, $first)
	}
}

function StubGet-VMVideo($P) { return @($P['VM'])[0].Video }

function StubSet-VMVideo($P) {
	$video = (Get-OffMachine $P).Video
	foreach ($key in 'ResolutionType', 'HorizontalResolution', 'VerticalResolution') {
		if ($P.ContainsKey($key)) {
			$video.$key = [string]$P[$key]
		}
	}
}

function StubSet-VMKeyProtector($P) { (Get-OffMachine $P).KeyProtector = $true }

function StubEnable-VMTPM($P) {
	$machine = Get-OffMachine $P
	if (-not $machine.KeyProtector) {
		throw 'a TPM needs a key protector'
	}
	$machine.Tpm = $true
}
