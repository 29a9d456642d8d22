# SPDX-License-Identifier: GPL-3.0-or-later
# Functions with the parameters of the cmdlets, so that PowerShell itself binds them: an unknown parameter, a missing one, a
# wrong word or type is its error.

# What the pages of Windows Server 2012 R2 do not list.
$Missing2012R2 = @{
	'New-VM' = 'Version', 'Prerelease', 'Experimental', 'Force', 'SourceGuestStatePath', 'GuestStateIsolationType'
	'Set-VM' = 'CheckpointType', 'LockOnDisconnect', 'GuestControlledCacheTypes', 'LowMemoryMappedIoSpace',
		'HighMemoryMappedIoSpace', 'AutomaticCriticalErrorAction', 'AutomaticCriticalErrorActionTimeout',
		'AutomaticCheckpointsEnabled'
	'Add-VMNetworkAdapter' = 'DeviceNaming'
	'Add-VMHardDiskDrive' = 'QoSPolicyID', 'QoSPolicy', 'OverrideCacheAttributes'
	'Set-VMFirmware' = 'SecureBootTemplate', 'SecureBootTemplateId', 'ConsoleMode', 'PauseAfterBootFailure'
	'Set-VMProcessor' = 'HwThreadCountPerCore', 'EnableHostResourceProtection', 'ExposeVirtualizationExtensions', 'Perfmon'
	'Set-VMNetworkAdapter' = 'DeviceNaming', 'FixSpeed10G', 'PacketDirectNumProcs', 'PacketDirectModerationCount',
		'PacketDirectModerationInterval', 'VrssEnabled', 'VmmqEnabled', 'VmmqQueuePairs'
}
$Gone2012R2 = 'Get-VMHostSupportedVersion', 'Set-VMVideo', 'Get-VMVideo', 'Set-VMKeyProtector', 'Enable-VMTPM'
$Only2025 = 'SourceGuestStatePath', 'GuestStateIsolationType'

function Test-Known([string]$Cmdlet, [string]$Parameter, [string]$Version) {
	if ($Version -eq '2012R2') {
		return (@('CimSession', 'Credential') -notcontains $Parameter) -and
			-not ($Missing2012R2.ContainsKey($Cmdlet) -and ($Missing2012R2[$Cmdlet] -contains $Parameter))
	}
	return (($Version -eq '2025') -or ($Cmdlet -ne 'New-VM') -or ($Only2025 -notcontains $Parameter))
}

function Get-StubCmdlets([string]$Version) {
	return @($Facts.cmdlets.Keys | Where-Object { ($Version -ne '2012R2') -or ($Gone2012R2 -notcontains $_) })
}

function Add-StubTypes {
	if ('Microsoft.HyperV.PowerShell.VirtualMachine' -as [type]) {
		return
	}
	$enums = @{}
	foreach ($cmdlet in $Facts.cmdlets.Values) {
		foreach ($parameter in $cmdlet.parameters.Values) {
			if ($parameter.ContainsKey('values') -and ($parameter.type -ne 'Int16')) {
				$enums[$parameter.type.Replace('[]', '')] = $parameter.values
			}
		}
	}
	$text = [IO.File]::ReadAllText([IO.Path]::Combine($PSScriptRoot, 'types.cs'))
	foreach ($name in $enums.Keys) {
		$text += "`nnamespace Microsoft.HyperV.PowerShell {{ public enum {0} {{ {1} }} }}" -f $name, ($enums[$name] -join ', ')
	}
	Add-Type -TypeDefinition $text
}

function Get-TypeText([string]$Type) {
	if ($Type -eq 'SwitchParameter') {
		return 'switch'
	}
	$name = $Type.Replace('[]', '')
	foreach ($space in 'Microsoft.HyperV.PowerShell.', 'System.') {
		if (($space + $name) -as [type]) {
			return $space + $Type
		}
	}
	return 'object' + $(if ($Type.EndsWith('[]')) { '[]' })
}

function Get-ParameterText([string]$Cmdlet, [string]$Parameter, $Command) {
	$lines = @()
	$facts = $Command.parameters[$Parameter]
	foreach ($set in $Command.sets.Keys) {
		if (-not $Command.sets[$set].Contains($Parameter)) {
			continue
		}
		$how = $Command.sets[$set][$Parameter]
		$parts = @("ParameterSetName = '$set'")
		if ($how.StartsWith('m')) {
			$parts += 'Mandatory = $true'
		}
		if ($how -match '(\d+)$') {
			$parts += 'Position = ' + $Matches[1]
		}
		if ($facts.ContainsKey('pipeline')) {
			$parts += 'ValueFromPipeline = $true'
		}
		$lines += '[Parameter({0})]' -f ($parts -join ', ')
	}
	if ($facts.ContainsKey('aliases')) {
		$lines += "[Alias('{0}')]" -f ($facts.aliases -join "', '")
	}
	if ($facts.ContainsKey('values') -and ($facts.type -eq 'Int16')) {
		$lines += '[ValidateSet({0})]' -f ($facts.values -join ', ')
	}
	return '{0} [{1}] ${{{2}}}' -f ($lines -join ' '), (Get-TypeText $facts.type), $Parameter
}

function Get-FunctionText([string]$Cmdlet, [string]$Version) {
	$command = $Facts.cmdlets[$Cmdlet]
	$parameters = @($command.parameters.Keys | Where-Object { Test-Known $Cmdlet $_ $Version } |
		ForEach-Object { Get-ParameterText $Cmdlet $_ $command })
	$binding = "DefaultParameterSetName = '{0}'" -f $command.default
	if ($command.whatif) {
		$binding += ', SupportsShouldProcess = $true' + $(if ($Cmdlet -like 'Remove-*') { ", ConfirmImpact = 'High'" })
	}
	$body = "Invoke-StubCmdlet '$Cmdlet' `$PSBoundParameters"
	if ($command.whatif) {
		$body = "if (`$PSCmdlet.ShouldProcess('$Cmdlet')) { $body }"
	}
	return "[CmdletBinding($binding)] param($($parameters -join ",`n")) process { $body }"
}

# As functions of this module.
function Add-StubFunctions([string]$Version) {
	$text = New-Object System.Text.StringBuilder
	foreach ($name in (Get-StubCmdlets $Version)) {
		[void]$text.AppendLine("function script:$name { $(Get-FunctionText $name $Version) }")
	}
	Invoke-Expression $text.ToString()
}
