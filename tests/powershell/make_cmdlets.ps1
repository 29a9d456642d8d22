# SPDX-License-Identifier: GPL-3.0-or-later
# make_cmdlets.ps1 FOLDER: Hyper-V/cmdlets.json out of Microsoft's pages on the cmdlets (windows-powershell-docs,
# docset/winserver2025-ps/Hyper-V; CC-BY 4.0, of which the file keeps facts: names, types, sets). Run once, by hand.
#
# Per cmdlet: its default set; per set its parameters, "m" for a mandatory one, a number for the position; per parameter its
# type, aliases, values, and "p" when it takes its value from the pipeline.
param([Parameter(Mandatory = $true)][string]$Folder, [string]$Revision = 'f113d6bda7df4bf60fb213c320c12678b40ae571')

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Cmdlets = @(
	'Add-VMDvdDrive', 'Add-VMHardDiskDrive', 'Add-VMNetworkAdapter', 'Add-VMScsiController', 'Connect-VMNetworkAdapter',
	'Disable-VMIntegrationService', 'Disconnect-VMNetworkAdapter', 'Enable-VMIntegrationService', 'Enable-VMTPM', 'Get-VHD',
	'Get-VM', 'Get-VMBios', 'Get-VMComPort', 'Get-VMDvdDrive', 'Get-VMFirmware', 'Get-VMHardDiskDrive', 'Get-VMHost',
	'Get-VMHostSupportedVersion', 'Get-VMIntegrationService', 'Get-VMMemory', 'Get-VMNetworkAdapter',
	'Get-VMNetworkAdapterVlan', 'Get-VMProcessor', 'Get-VMScsiController', 'Get-VMSwitch', 'Get-VMVideo', 'New-VM',
	'Remove-VM', 'Remove-VMDvdDrive', 'Remove-VMHardDiskDrive', 'Remove-VMNetworkAdapter', 'Remove-VMScsiController',
	'Rename-VM', 'Set-VM', 'Set-VMBios', 'Set-VMComPort', 'Set-VMFirmware', 'Set-VMKeyProtector', 'Set-VMMemory',
	'Set-VMNetworkAdapter', 'Set-VMNetworkAdapterVlan', 'Set-VMProcessor', 'Set-VMVideo', 'Start-VM', 'Stop-VM')

# In this order: what is more special stands before what it begins with.
$Shapes = @(
	@{ Pattern = '\[\[-(\w+)\] <([^<>]+)>\]'; Kind = '' },
	@{ Pattern = '\[-(\w+)\] <([^<>]+)>'; Kind = 'm' },
	@{ Pattern = '\[-(\w+) <([^<>]+)>\]'; Kind = '' },
	@{ Pattern = '\[-(\w+)()\]'; Kind = '' },
	@{ Pattern = '-(\w+) <([^<>]+)>'; Kind = 'm' },
	@{ Pattern = '-(\w+)()'; Kind = 'm' })

function Read-Yaml([string]$Page, [string]$Name) {
	$found = [regex]::Match($Page, '(?ms)^### -' + $Name + '\s*$.*?```yaml\s*(.*?)```')
	$fields = @{}
	foreach ($line in $found.Groups[1].Value.Split("`n")) {
		$at = $line.IndexOf(':')
		if ($at -gt 0) {
			$fields[$line.Substring(0, $at).Trim()] = $line.Substring($at + 1).Trim()
		}
	}
	return $fields
}

function Read-Set([string]$Page, [string]$Text) {
	$set = [ordered]@{}
	$pattern = @($Shapes | ForEach-Object { $_.Pattern }) -join '|'
	foreach ($match in [regex]::Matches(($Text -replace '\s+', ' '), $pattern)) {
		for ($i = 0; $i -lt $Shapes.Count; $i++) {
			$name = $match.Groups[1 + 2 * $i].Value
			if (-not $name -or (@('WhatIf', 'Confirm', 'CommonParameters') -contains $name)) {
				continue
			}
			$position = (Read-Yaml $Page $name)['Position']
			$isPositional = $match.Value -match '\[-\w+\] '
			$set[$name] = $Shapes[$i].Kind + $(if ($isPositional -and $position -match '^\d+$') { $position })
		}
	}
	return $set
}

function Read-Parameters([string]$Page, $Sets) {
	$parameters = [ordered]@{}
	foreach ($name in @($Sets.Values | ForEach-Object { $_.Keys } | Sort-Object -Unique)) {
		$yaml = Read-Yaml $Page $name
		$facts = [ordered]@{ type = $yaml['Type'] }
		if ($yaml['Aliases']) {
			$facts.aliases = @($yaml['Aliases'].Split(',') | ForEach-Object { $_.Trim() })
		}
		if ($yaml['Accepted values']) {
			$facts.values = @($yaml['Accepted values'].Split(',') | ForEach-Object { $_.Trim() })
		}
		if ($yaml['Accept pipeline input'] -like 'True*') {
			$facts.pipeline = 'p'
		}
		$parameters[$name] = $facts
	}
	return $parameters
}

function Read-Cmdlet([string]$Name) {
	$page = [IO.File]::ReadAllText([IO.Path]::Combine($Folder, $Name + '.md')).Replace("`r", '')
	$syntax = [regex]::Match($page, '(?ms)^## SYNTAX\s*(.*?)^## ').Groups[1].Value
	$sets = [ordered]@{}
	$default = ''
	foreach ($match in [regex]::Matches($syntax, '(?ms)^### (.+?)( \(Default\))?\s*$\s*```\w*\s*' + $Name + '\b(.*?)```')) {
		$sets[$match.Groups[1].Value] = Read-Set $page $match.Groups[3].Value
		if ($match.Groups[2].Success) {
			$default = $match.Groups[1].Value
		}
	}
	return [ordered]@{ default = $default; whatif = ($syntax -match '-WhatIf'); sets = $sets; parameters = (Read-Parameters $page $sets) }
}

$all = [ordered]@{
	source = "MicrosoftDocs/windows-powershell-docs, docset/winserver2025-ps/Hyper-V, commit $Revision"
	licence = 'CC-BY-4.0'
	cmdlets = [ordered]@{}
}
foreach ($name in $Cmdlets) {
	$all.cmdlets[$name] = Read-Cmdlet $name
}
$lines = ConvertTo-Json $all -Depth 8 -Compress
# A line a cmdlet, so that a difference can be read.
foreach ($name in $Cmdlets) {
	$lines = $lines.Replace('"' + $name + '":', "`n" + '"' + $name + '":')
}
[IO.File]::WriteAllText([IO.Path]::Combine($PSScriptRoot, 'Hyper-V', 'cmdlets.json'), $lines + "`n")
