# SPDX-License-Identifier: GPL-3.0-or-later
# The host in memory.
#
#   Switches   names of virtual switches, perhaps the same one twice
#   Files      path = @{ Format; Type; Parent; Attached } of a disk, or $null of another file
#   Wmi        $false: it is refused
#   Channel    taken: a device's channel can be changed; onAdd: only one that is added with it has it; ignored
#   Boot       works, fails, silent (says 0 and does nothing), of boot entries
#   Identity   works, fails
#   Fail       the number of the changing call that fails, from 1; 0: none
#   Weights    $false: the switches know no weights of bandwidth
#   FailRemove Remove-VM fails as well
#   Guest      answers: the guest has its heartbeat and takes addresses; silent

$TheHost = $null

function Get-Default($State, [string]$Key, $Default) {
	if ($State.ContainsKey($Key)) {
		return $State[$Key]
	}
	return $Default
}

function Get-PlainPath([string]$Path) {
	return $Path.Replace('/', '\').ToLowerInvariant()
}

function Set-StubHost([hashtable]$State) {
	$files = @{}
	$given = Get-Default $State 'Files' @{}
	foreach ($path in $given.Keys) {
		$files[(Get-PlainPath $path)] = $given[$path]
	}
	$switches = @()
	foreach ($name in (Get-Default $State 'Switches' @())) {
		$switches += New-Object Microsoft.HyperV.PowerShell.VMSwitch -Property @{ Name = $name; Id = [guid]::NewGuid() }
	}
	$script:TheHost = @{
		Switches = $switches
		Files = $files
		Machines = New-Object System.Collections.ArrayList
		Wmi = Get-Default $State 'Wmi' $true
		Channel = Get-Default $State 'Channel' 'taken'
		Boot = Get-Default $State 'Boot' 'works'
		Identity = Get-Default $State 'Identity' 'works'
		Fail = Get-Default $State 'Fail' 0
		Weights = Get-Default $State 'Weights' $true
		FailRemove = Get-Default $State 'FailRemove' $false
		Guest = Get-Default $State 'Guest' 'answers'
		Log = New-Object System.Collections.ArrayList
		Changes = 0
		Calls = 0
		Jobs = @{}
		Clock = [DateTime]'2026-01-01'
	}
}

# Count a call that changes something, and let it fail when its turn has come.
function Enter-Change([string]$What) {
	$TheHost.Changes++
	if (($TheHost.Changes -eq $TheHost.Fail) -or ($TheHost.FailRemove -and ($What -eq 'Remove-VM'))) {
		throw ('the stub lets {0} fail' -f $What)
	}
}

function Get-StubLog {
	return $TheHost.Log.ToArray()
}

# --- As text ---------------------------------------------------------------------------------------------------------

function Get-DriveState($Drive) {
	return '{0}:{1} {2}' -f $Drive.ControllerNumber, $Drive.ControllerLocation, $Drive.Path
}

function Get-DiskState($Disk) {
	return '{0} max {1} min {2} qos {3} shared {4}' -f (Get-DriveState $Disk), $Disk.MaximumIOPS, $Disk.MinimumIOPS,
		$Disk.QoSPolicyID, $Disk.SupportPersistentReservations
}

function Get-AdapterState($Adapter) {
	return [ordered]@{
		Name = $Adapter.Name; Mac = $Adapter.MacAddress; Dynamic = $Adapter.DynamicMacAddressEnabled
		Switch = $Adapter.SwitchName; Vlan = $Adapter.Vlan; Channel = $Adapter.Channel; Port = $Adapter.Port
		Guest = $Adapter.GuestAddresses
	}
}

function Get-MachineState($Machine) {
	$state = [ordered]@{}
	foreach ($name in 'Name', 'Generation', 'Notes', 'AutomaticStartAction', 'AutomaticStopAction',
		'AutomaticCriticalErrorAction', 'AutomaticCriticalErrorActionTimeout', 'CheckpointType',
		'AutomaticCheckpointsEnabled', 'LockOnDisconnect', 'GuestControlledCacheTypes', 'LowMemoryMappedIoSpace',
		'HighMemoryMappedIoSpace', 'KeyProtector', 'Tpm', 'GuestState', 'Identity') {
		$state[$name] = $Machine.$name
	}
	$state.State = [string]$Machine.State
	$state.Memory = ($Machine.Memory | Select-Object Startup, Minimum, Maximum, Buffer, Priority, DynamicMemoryEnabled)
	$state.Processor = [ordered]@{ Count = $Machine.Processor.Count; Settings = $Machine.Processor.Settings }
	$state.Firmware = ($Machine.Firmware |
		Select-Object SecureBoot, SecureBootTemplate, PreferredNetworkBootProtocol, PauseAfterBootFailure)
	$state.Video = ($Machine.Video | Select-Object ResolutionType, HorizontalResolution, VerticalResolution)
	$state.Controllers = @($Machine.Controllers | ForEach-Object { '{0} {1}' -f $_.ControllerNumber, $_.Channel[0] })
	$state.Disks = @($Machine.Disks | ForEach-Object { Get-DiskState $_ })
	$state.Dvds = @($Machine.Dvds | ForEach-Object { Get-DriveState $_ })
	$state.Adapters = @($Machine.Adapters | ForEach-Object { Get-AdapterState $_ })
	$state.Com = @($Machine.Com | ForEach-Object { $_.Path })
	$state.Services = @($Machine.Services | ForEach-Object { '{0} {1}' -f $_.Id.Split('\')[-1], $_.Enabled })
	$state.Boot = @($Machine.Boot | ForEach-Object { '{0} {1}' -f $_.BootType, $(if ($_.Device) { $_.Device.Name } else { $_.FirmwarePath }) })
	return $state
}

function Get-StubState {
	$files = @($TheHost.Files.Keys | Sort-Object | ForEach-Object {
		$disk = $TheHost.Files[$_]
		'{0} {1}' -f $_, $(if ($disk) { '{0} {1} attached {2} parent {3}' -f $disk.Format, $disk.Type, $disk.Attached, $disk.Parent })
	})
	$machines = @($TheHost.Machines | ForEach-Object { Get-MachineState $_ })
	return ConvertTo-Json ([ordered]@{ Files = $files; Machines = $machines }) -Depth 8
}

# --- What a script must not wait for, and files that are not there ------------------------------------------------------

function Start-Sleep([double]$Seconds, [int]$Milliseconds) {
	$TheHost.Clock = $TheHost.Clock.AddSeconds($Seconds).AddMilliseconds($Milliseconds)
}

function Get-Date {
	return $TheHost.Clock
}

function Test-Path([Parameter(Mandatory = $true)][string]$LiteralPath) {
	return $TheHost.Files.ContainsKey((Get-PlainPath $LiteralPath))
}
