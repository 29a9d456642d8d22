#Requires -Version 4.0
#Requires -Modules Hyper-V
#Requires -RunAsAdministrator

<#
.SYNOPSIS
Makes a generation 2 VM on this host of Hyper-V out of disks that hvgen2 has converted.

.DESCRIPTION
All that is known of the VM stands in $Plan. First everything is checked, and all problems are told together; then the
VM is made, read back and compared with the plan. When a step fails, what was made is taken away again; a disk is never
deleted, moved or changed. A VM that is there already (generation 2, the same BIOS GUID) is compared and left alone.
The script asks nothing. It works on Windows Server 2012 R2 to 2025, and says what an older host cannot be given.

Exit status: 0 done, or there already; 1 failed, and everything is as before; 2 the checks found problems, nothing was
done; 3 failed, and what could not be taken back is named; 4 the VM is made, but it could not be started, or its guest
could not be given its addresses.

.PARAMETER VMName
Another name for the VM.

.PARAMETER Path
Folder for the VM's configuration; the default is the host's own.

.PARAMETER DiskFolder
Folder of the converted disks; the default is the folder of this script.

.PARAMETER SwitchMap
Virtual switches that have another name here: @{ 'LAN' = 'Production' }. '' leaves the adapter without a switch.

.PARAMETER GuestStateFile
A guest state file (.vmgs) of hvgen2, for hosts that take one (Windows Server 2025). Without it the host makes its own,
and the VM starts by \EFI\Boot\bootx64.efi. No host has confirmed yet that it takes such a file. Secure Boot is switched
off with a file that holds no keys: the firmware would start nothing.

.PARAMETER CheckOnly
Check, and do nothing else.

.PARAMETER Start
Start the VM when it is made (or there already), and give its guest the addresses that it had on adapters which are
others now.
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'None')]
param(
	[string]$VMName,
	[string]$Path,
	[string]$DiskFolder = $PSScriptRoot,
	[hashtable]$SwitchMap = @{},
	[string]$GuestStateFile,
	[switch]$CheckOnly,
	[switch]$Start
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ConfirmPreference = 'None'

# Texts below come from the old VM, and are nothing but texts. $null: the host's own.
$Plan = @{}

$Namespace = 'root\virtualization\v2'
$ScsiController = 'Microsoft:Hyper-V:Synthetic SCSI Controller'
$Problems = New-Object System.Collections.ArrayList
$Warnings = New-Object System.Collections.ArrayList
$Steps = New-Object System.Collections.ArrayList
$Done = New-Object System.Collections.ArrayList
$Undo = New-Object System.Collections.Stack
$State = @{
	Name = $Plan.Name
	Machines = @()       # of the host
	BiosGuids = @{}      # of each, by its id
	HasWmi = $true
	Existing = $null
	Vm = $null
	Drives = @()         # of the host: VM and path
	Adapters = @()       # of the new VM, in the order of the plan
	Switches = @()       # for each adapter
	DvdPaths = @()       # for each drive
	IsWhole = $false
}

# --- Words ----------------------------------------------------------------------------------------------------------

# A text of the VM, to be shown: control characters and what turns the direction of text as \u{NNNN}.
function Format-Text([string]$Text) {
	$shown = New-Object System.Text.StringBuilder
	foreach ($character in $Text.ToCharArray()) {
		$category = [string][char]::GetUnicodeCategory($character)
		if (@('Control', 'Format', 'LineSeparator', 'ParagraphSeparator') -contains $category) {
			[void]$shown.Append('\u{').Append(([int]$character).ToString('X4')).Append('}')
		} else {
			[void]$shown.Append($character)
		}
	}
	return $shown.ToString()
}

function Add-Problem([string]$Text) {
	[void]$Problems.Add((Format-Text $Text))
}

function Add-Warning([string]$Text) {
	[void]$Warnings.Add((Format-Text $Text))
	Write-Warning (Format-Text $Text)
}

function Write-Failure([string]$Text) {
	Write-Error -Message (Format-Text $Text) -ErrorAction Continue
}

# --- What this host knows -------------------------------------------------------------------------------------------

$Known = @{} # parameters of each cmdlet that was asked for

function Test-Parameter([string]$Cmdlet, [string]$Parameter) {
	if (-not $Known.ContainsKey($Cmdlet)) {
		$command = @(Get-Command -Name $Cmdlet -Module Hyper-V -ErrorAction SilentlyContinue)
		$Known[$Cmdlet] = @{}
		if ($command.Count -gt 0) {
			$Known[$Cmdlet] = $command[0].Parameters
		}
	}
	return $Known[$Cmdlet].ContainsKey($Parameter)
}

# Those of the wanted parameters that have a value and that the cmdlet has on this host.
function Select-Parameter([string]$Cmdlet, [hashtable]$Wanted) {
	$selected = @{}
	foreach ($key in @($Wanted.Keys)) {
		if (($null -ne $Wanted[$key]) -and (Test-Parameter $Cmdlet $key)) {
			$selected[$key] = $Wanted[$key]
		}
	}
	return $selected
}

# What a host does that has no parameter for it.
$Usual = @{
	AutomaticCheckpointsEnabled = $false
	AutomaticCriticalErrorAction = 'None'
	CheckpointType = 'Standard'
	DeviceNaming = 'Off'
	EnableHostResourceProtection = $false
	ExposeVirtualizationExtensions = $false
	GuestControlledCacheTypes = $false
	HwThreadCountPerCore = 0
	LockOnDisconnect = 'Off'
	PauseAfterBootFailure = 'Off'
	ResolutionType = 'Default'
	SecureBootTemplate = 'MicrosoftWindows'
}

function Test-Lost([string]$Cmdlet, [hashtable]$Wanted) {
	foreach ($key in @($Wanted.Keys | Sort-Object)) {
		$value = $Wanted[$key]
		if (($null -eq $value) -or (Test-Parameter $Cmdlet $key)) {
			continue
		}
		if ($Usual.ContainsKey($key) -and ([string]$Usual[$key] -eq [string]$value)) {
			continue
		}
		Add-Warning ("this host's {0} has no -{1}: '{2}' is lost" -f $Cmdlet, $key, $value)
	}
}

function Get-FirmwareSettings {
	$wanted = @{
		PreferredNetworkBootProtocol = $Plan.Firmware.PreferredNetworkBootProtocol
		PauseAfterBootFailure = $Plan.Firmware.PauseAfterBootFailure
		EnableSecureBoot = 'Off'
		SecureBootTemplate = $null
	}
	if (Test-SecureBoot) {
		$wanted.EnableSecureBoot = 'On'
		$wanted.SecureBootTemplate = $Plan.Firmware.SecureBootTemplate
	}
	return $wanted
}

# A host that knows the keys for Windows alone starts nothing else.
function Test-SecureBootTemplate {
	return (($Plan.Firmware.SecureBootTemplate -eq $Usual.SecureBootTemplate) -or
		(Test-Parameter 'Set-VMFirmware' 'SecureBootTemplate'))
}

# A store without keys starts nothing while Secure Boot is on.
function Test-SecureBoot {
	if (-not $Plan.Firmware.SecureBoot -or -not (Test-SecureBootTemplate)) {
		return $false
	}
	if (-not $GuestStateFile) {
		return $true
	}
	$leaf = @($GuestStateFile.Split([char[]]@('\', '/')))[-1]
	return ($Plan.Firmware.GuestStateHasKeys -and ($leaf -eq $Plan.Firmware.GuestState))
}

