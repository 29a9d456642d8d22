# --- The VM is made -------------------------------------------------------------------------------------------------

function Add-Step([string]$What, [scriptblock]$Do, $With) {
	[void]$Steps.Add(@{ What = $What; Do = $Do; With = $With })
}

function Add-Undo([string]$What, [scriptblock]$Do, $With) {
	$Undo.Push(@{ What = $What; Do = $Do; With = $With })
}

# Only empty folders: a disk that someone put there stays.
function Remove-EmptyFolder([string]$Folder) {
	if (-not [IO.Directory]::Exists($Folder)) {
		return
	}
	foreach ($below in [IO.Directory]::GetDirectories($Folder)) {
		Remove-EmptyFolder $below
	}
	if (@([IO.Directory]::GetFileSystemEntries($Folder)).Count -eq 0) {
		[IO.Directory]::Delete($Folder, $false)
	}
}

function New-Machine {
	$wanted = @{ Name = $State.Name; Generation = 2; NoVHD = $true }
	if ($null -ne $Plan.Memory.StartupBytes) {
		$wanted.MemoryStartupBytes = $Plan.Memory.StartupBytes
	}
	if ($GuestStateFile) {
		$wanted.SourceGuestStatePath = $GuestStateFile
	}
	if ($Path) {
		$folder = [IO.Path]::Combine($Path, $State.Name)
		$wanted.Path = $Path
		if (-not [IO.Directory]::Exists($folder)) {
			Add-Undo ("the folder '{0}'" -f $folder) { param($Folder) Remove-EmptyFolder $Folder } $folder
		}
	}
	$State.Vm = New-VM @wanted
	Add-Undo ("the VM '{0}'" -f $State.Name) { param($Vm) Remove-VM -VM $Vm -Force -Confirm:$false } $State.Vm
}

function Remove-DefaultAdapters {
	foreach ($adapter in @(Get-VMNetworkAdapter -VM $State.Vm)) {
		Remove-VMNetworkAdapter -VMNetworkAdapter $adapter -Confirm:$false
	}
}

function Set-Memory {
	$wanted = Select-Parameter 'Set-VMMemory' $Plan.Memory
	Set-VMMemory -VM $State.Vm @wanted
}

function Set-Processor {
	$wanted = Select-Parameter 'Set-VMProcessor' $Plan.Processor
	Set-VMProcessor -VM $State.Vm @wanted
}

function Get-Device([string]$Class, [string]$Id) {
	foreach ($device in @(Get-CimAssociatedInstance -InputObject (Get-SettingData $State.Vm.Id) -ResultClassName $Class)) {
		if ($device.InstanceID -eq $Id) {
			return $device
		}
	}
	throw ('the host does not show its device {0}' -f $Id)
}

function Test-Channel([string]$Class, [string]$Id, [string]$Channel) {
	$found = @((Get-Device $Class $Id).VirtualSystemIdentifiers)
	return (($found.Count -gt 0) -and $found[0] -and ([guid]$found[0] -eq [guid]$Channel))
}

function Set-Channel([string]$Class, [string]$Id, [string]$Channel) {
	$changes = @{ VirtualSystemIdentifiers = [string[]]@('{' + $Channel + '}') }
	$text = ConvertTo-CimText (Get-Device $Class $Id) $changes
	Invoke-Management 'ModifyResourceSettings' @{ ResourceSettings = [string[]]@($text) }
}

# A device that has its channel from the beginning, for hosts that change none afterwards.
function Add-Device([string]$Class, [string]$Filter, [hashtable]$Changes) {
	$usual = @(Get-CimInstance -Namespace $Namespace -ClassName $Class -Filter $Filter)[0]
	$text = ConvertTo-CimText $usual $Changes
	Invoke-Management 'AddResourceSettings' @{
		AffectedConfiguration = (Get-SettingData $State.Vm.Id)
		ResourceSettings = [string[]]@($text)
	}
}

function Get-NewObject([object[]]$Before, [object[]]$After) {
	$ids = @($Before | ForEach-Object { $_.Id })
	return @($After | Where-Object { $ids -notcontains $_.Id })[0]
}

# Which of two equal devices stays: the new one when it has the channel, else the old one.
function Select-Controller($Old, [string]$Channel) {
	$class = 'Msvm_ResourceAllocationSettingData'
	$before = @(Get-VMScsiController -VM $State.Vm)
	Add-Device $class ("ResourceSubType = '{0}' AND InstanceID LIKE '%Default'" -f $ScsiController) @{
		VirtualSystemIdentifiers = [string[]]@('{' + $Channel + '}')
	}
	$new = Get-NewObject $before @(Get-VMScsiController -VM $State.Vm)
	$isTaken = Test-Channel $class $new.Id $Channel
	if ($isTaken) {
		Remove-VMScsiController -VMScsiController $Old -Confirm:$false
	} else {
		Remove-VMScsiController -VMScsiController $new -Confirm:$false
	}
	return $isTaken
}

# The new VM has one controller already.
function Add-Controller([int]$Number) {
	$class = 'Msvm_ResourceAllocationSettingData'
	$channel = $Plan.Controllers[$Number].Channel
	if (@(Get-VMScsiController -VM $State.Vm).Count -le $Number) {
		Add-VMScsiController -VM $State.Vm
	}
	if (-not $State.HasWmi) {
		return
	}
	$controller = @(Get-VMScsiController -VM $State.Vm | Where-Object { $_.ControllerNumber -eq $Number })[0]
	try {
		Set-Channel $class $controller.Id $channel
		$isTaken = Test-Channel $class $controller.Id $channel
		if (-not $isTaken) {
			$isTaken = Select-Controller $controller $channel
		}
	} catch {
		Write-Verbose (Format-Text $_.Exception.Message)
		$isTaken = $false
	}
	if (-not $isTaken) {
		Add-Warning ('this host gives SCSI controller {0} another channel: the guest finds a new controller there' -f $Number)
	}
}

function Add-Disk([hashtable]$Disk) {
	$wanted = Select-Parameter 'Add-VMHardDiskDrive' @{
		MaximumIOPS = $Disk.MaximumIOPS
		MinimumIOPS = $Disk.MinimumIOPS
		QoSPolicyID = $Disk.QoSPolicyID
	}
	if ($Disk.IsShared) {
		$wanted.SupportPersistentReservations = $true
	}
	Add-VMHardDiskDrive -VM $State.Vm -ControllerType SCSI -ControllerNumber $Disk.Controller `
		-ControllerLocation $Disk.Slot -Path (Get-DiskPath $Disk) @wanted
}

function Add-Dvd([int]$Number) {
	$dvd = $Plan.Dvds[$Number]
	$wanted = @{ ControllerNumber = $dvd.Controller; ControllerLocation = $dvd.Slot }
	if ($State.DvdPaths[$Number]) {
		$wanted.Path = $State.DvdPaths[$Number]
	}
	Add-VMDvdDrive -VM $State.Vm @wanted
}

# As Select-Controller. Returns the adapter that stays.
function Select-Adapter($Old, [hashtable]$Adapter) {
	if (-not (Test-XmlText $Adapter.Name)) {
		throw 'no XML can hold its name'
	}
	$class = 'Msvm_SyntheticEthernetPortSettingData'
	$changes = @{
		ElementName = $Adapter.Name
		VirtualSystemIdentifiers = [string[]]@('{' + $Adapter.Channel + '}')
	}
	if ($Adapter.Mac) {
		$changes.Address = $Adapter.Mac
		$changes.StaticMacAddress = $true
	}
	$before = @(Get-VMNetworkAdapter -VM $State.Vm)
	Add-Device $class "InstanceID LIKE '%Default'" $changes
	$new = Get-NewObject $before @(Get-VMNetworkAdapter -VM $State.Vm)
	if (Test-Channel $class $new.Id $Adapter.Channel) {
		Remove-VMNetworkAdapter -VMNetworkAdapter $Old -Confirm:$false
		return $new
	}
	Remove-VMNetworkAdapter -VMNetworkAdapter $new -Confirm:$false
	return $Old
}

function Set-AdapterChannel($Found, [hashtable]$Adapter) {
	$class = 'Msvm_SyntheticEthernetPortSettingData'
	if (-not $State.HasWmi -or -not $Adapter.Channel) {
		return $Found
	}
	try {
		Set-Channel $class $Found.Id $Adapter.Channel
		if (-not (Test-Channel $class $Found.Id $Adapter.Channel)) {
			$Found = Select-Adapter $Found $Adapter
		}
		$isTaken = Test-Channel $class $Found.Id $Adapter.Channel
	} catch {
		Write-Verbose (Format-Text $_.Exception.Message)
		$isTaken = $false
	}
	if (-not $isTaken) {
		Add-Warning ("this host gives the adapter '{0}' another channel: the guest finds a new adapter there, without the old one's addresses" -f
			$Adapter.Name)
	}
	return $Found
}

# What hangs on the hardware and on the mode of the switch: a host that cannot do it can have the VM all the same.
$OfHardware = 'MaximumBandwidth', 'MinimumBandwidthAbsolute', 'MinimumBandwidthWeight', 'VmqWeight', 'IovWeight',
	'IovQueuePairsRequested', 'IovInterruptModeration', 'IPsecOffloadMaximumSecurityAssociation'

function Set-Port($Found, [hashtable]$Adapter) {
	$must = Select-Parameter 'Set-VMNetworkAdapter' $Adapter.Port
	foreach ($key in $OfHardware) {
		if (-not $must.ContainsKey($key)) {
			continue
		}
		$may = @{ $key = $must[$key] }
		$must.Remove($key)
		try {
			Set-VMNetworkAdapter -VMNetworkAdapter $Found @may
		} catch {
			Add-Warning ("the adapter '{0}' does not take {1} {2}: {3}" -f $Adapter.Name, $key, $may[$key], $_.Exception.Message)
		}
	}
	if ($must.Count -gt 0) {
		Set-VMNetworkAdapter -VMNetworkAdapter $Found @must
	}
}

function Add-Adapter([int]$Number) {
	$adapter = $Plan.Adapters[$Number]
	$wanted = @{ Name = $adapter.Name }
	if ($adapter.Mac) {
		$wanted.StaticMacAddress = $adapter.Mac
	} else {
		$wanted.DynamicMacAddress = $true
	}
	$found = Add-VMNetworkAdapter -VM $State.Vm -Passthru @wanted
	$found = Set-AdapterChannel $found $adapter
	$State.Adapters += , $found
	if ($null -ne $State.Switches[$Number]) {
		Connect-VMNetworkAdapter -VMNetworkAdapter $found -VMSwitch $State.Switches[$Number]
	}
	if ($null -ne $adapter.Vlan) {
		Set-VMNetworkAdapterVlan -VMNetworkAdapter $found -Access -VlanId $adapter.Vlan
	}
	Set-Port $found $adapter
}

# Their names are in the language of the host.
function Set-Service([hashtable]$Service) {
	foreach ($found in @(Get-VMIntegrationService -VM $State.Vm)) {
		if (([string]$found.Id -notlike ('*' + $Service.Id)) -or ($found.Enabled -eq $Service.Enabled)) {
			continue
		}
		if ($Service.Enabled) {
			Enable-VMIntegrationService -VMIntegrationService $found
		} else {
			Disable-VMIntegrationService -VMIntegrationService $found
		}
	}
}

function Set-Settings {
	$wanted = Select-Parameter 'Set-VM' $Plan.Settings
	if ($Plan.Notes) {
		$wanted.Notes = $Plan.Notes
	}
	if ($wanted.Count -gt 0) {
		Set-VM -VM $State.Vm @wanted
	}
}

function Set-Video {
	$wanted = Select-Parameter 'Set-VMVideo' $Plan.Video
	Set-VMVideo -VM $State.Vm @wanted
}

function Get-Identity {
	$wanted = @{}
	foreach ($key in @($Plan.Identity.Keys)) {
		if ($null -ne $Plan.Identity[$key]) {
			$wanted[$key] = $Plan.Identity[$key]
		}
	}
	if ($Plan.BiosGuid) {
		$wanted.BIOSGUID = '{' + $Plan.BiosGuid.ToUpperInvariant() + '}'
	}
	return $wanted
}

function Set-Identity {
	try {
		Set-SettingData (Get-Identity)
	} catch {
		Add-Warning ('this host does not take the identity of the old VM: {0}' -f $_.Exception.Message)
	}
}

function Set-Firmware {
	$wanted = Select-Parameter 'Set-VMFirmware' (Get-FirmwareSettings)
	$boot = @($Plan.Disks | Where-Object { $_.IsBoot })[0]
	$drive = @(Get-VMHardDiskDrive -VM $State.Vm | Where-Object { $_.Path -eq (Get-DiskPath $boot) })[0]
	Set-VMFirmware -VM $State.Vm -FirstBootDevice $drive @wanted
}

function Set-Tpm {
	Set-VMKeyProtector -VM $State.Vm -NewLocalKeyProtector
	Enable-VMTPM -VM $State.Vm
}

function ConvertFrom-Hex([string]$Digits) {
	$bytes = New-Object byte[] ($Digits.Length / 2)
	for ($i = 0; $i -lt $bytes.Length; $i++) {
		$bytes[$i] = [Convert]::ToByte($Digits.Substring(2 * $i, 2), 16)
	}
	return , $bytes
}

function Test-BootEntryMethod {
	$class = Get-CimClass -Namespace $Namespace -ClassName Msvm_VirtualSystemManagementService
	return (@($class.CimClassMethods | ForEach-Object { $_.Name }) -contains 'AddBootSourceSettings')
}

# Entries that the host made stay behind it, in their order.
function Add-BootEntry {
	$data = Get-SettingData $State.Vm.Id
	$before = @($data.BootSourceOrder | Where-Object { $_ })
	$usual = New-CimInstance -Namespace $Namespace -ClassName Msvm_BootSourceSettingData -ClientOnly
	$text = ConvertTo-CimText $usual @{
		BootSourceType = 3
		BootSourceDescription = $Plan.Firmware.BootEntry.Description
		FirmwareDevicePath = $Plan.Firmware.BootEntry.Path
		OptionalData = (ConvertFrom-Hex $Plan.Firmware.BootEntry.OptionalData)
	}
	Invoke-Management 'AddBootSourceSettings' @{
		AffectedConfiguration = $data
		BootSourceSettings = [string[]]@($text)
	}
	$after = @((Get-SettingData $State.Vm.Id).BootSourceOrder | Where-Object { $_ })
	$new = @($after | Where-Object { $before -notcontains $_ })
	if ($new.Count -eq 0) {
		throw 'no entry was added'
	}
	$rest = @($after | Where-Object { $new -notcontains $_ })
	Set-SettingData @{ BootSourceOrder = [string[]]@($new + $rest) }
}

function Set-BootEntry {
	try {
		if (Test-BootEntryMethod) {
			Add-BootEntry
		} else {
			Write-Verbose 'this host takes no boot entry: the VM starts by \EFI\Boot\bootx64.efi'
		}
	} catch {
		Add-Warning ('this host does not take the boot entry ({0}): the VM starts by \EFI\Boot\bootx64.efi' -f
			$_.Exception.Message)
	}
}

# In the order in which they are done. To start by itself is last: a VM that is half made never does.
function Add-Steps {
	Add-Step ("make the VM, with {0} bytes of memory" -f $Plan.Memory.StartupBytes) { New-Machine }
	Add-Step 'remove the adapter that it has from the beginning' { Remove-DefaultAdapters }
	Add-Step 'set its memory' { Set-Memory }
	Add-Step ('set its {0} processors' -f $Plan.Processor.Count) { Set-Processor }
	for ($i = 0; $i -lt $Plan.Controllers.Count; $i++) {
		Add-Step ('add SCSI controller {0}' -f $i) { param($Number) Add-Controller $Number } $i
	}
	foreach ($disk in $Plan.Disks) {
		Add-Step ("attach the disk '{0}' as SCSI {1}:{2}" -f (Get-DiskPath $disk), $disk.Controller, $disk.Slot) {
			param($Disk) Add-Disk $Disk
		} $disk
	}
	for ($i = 0; $i -lt $Plan.Dvds.Count; $i++) {
		Add-Step ('add a DVD drive as SCSI {0}:{1}' -f $Plan.Dvds[$i].Controller, $Plan.Dvds[$i].Slot) {
			param($Number) Add-Dvd $Number
		} $i
	}
	for ($i = 0; $i -lt $Plan.Adapters.Count; $i++) {
		Add-Step ("add the adapter '{0}'" -f $Plan.Adapters[$i].Name) { param($Number) Add-Adapter $Number } $i
	}
	for ($i = 0; $i -lt $Plan.ComPorts.Count; $i++) {
		if ($Plan.ComPorts[$i]) {
			Add-Step ("connect serial port {0} to '{1}'" -f ($i + 1), $Plan.ComPorts[$i]) {
				param($Number) Set-VMComPort -VM $State.Vm -Number ($Number + 1) -Path $Plan.ComPorts[$Number]
			} $i
		}
	}
	foreach ($service in $Plan.Services) {
		Add-Step ('switch the integration service {0}' -f $service.Id) { param($Service) Set-Service $Service } $service
	}
	Add-Step 'set notes, checkpoints and what the host does with it' { Set-Settings }
	if ((Select-Parameter 'Set-VMVideo' $Plan.Video).Count -gt 0) {
		Add-Step 'set its screen' { Set-Video }
	}
	if ($State.HasWmi -and ((Get-Identity).Count -gt 0)) {
		Add-Step 'give it the serial numbers and the BIOS GUID of the old VM' { Set-Identity }
	}
	Add-Step 'set its firmware' { Set-Firmware }
	if ($Plan.Firmware.Tpm) {
		Add-Step 'give it a TPM, whose keys this host alone keeps' { Set-Tpm }
	}
	if ($State.HasWmi -and $Plan.Firmware.BootEntry -and -not $GuestStateFile) {
		Add-Step ("add a boot entry for '{0}'" -f $Plan.Firmware.BootEntry.Description) { Set-BootEntry }
	}
	Add-Step 'read all of it back' { Test-Result }
	if ($Plan.StartAction) {
		Add-Step ("set what it does when the host starts: {0}" -f $Plan.StartAction) {
			Set-VM -VM $State.Vm -AutomaticStartAction $Plan.StartAction
		}
	}
}

