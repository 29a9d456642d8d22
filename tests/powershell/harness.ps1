# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests share: hosts, runs of a script, and what is expected of them.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$Versions = '2012R2', '2016', '2019', '2022', '2025'
$Failures = New-Object System.Collections.ArrayList
$Checks = 0

function Use-Version([string]$Version) {
	$env:HVSTUB_VERSION = $Version
	Import-Module Hyper-V -Force
}

function Get-Script([string]$Name) {
	return [IO.Path]::Combine($env:SCRIPTS, $Name + '.ps1')
}

function Get-Disk([string]$Type = 'Dynamic', [string]$Format = 'VHDX', [bool]$Attached = $false, [string]$Parent) {
	return @{ Format = $Format; Type = $Type; Parent = $Parent; Attached = $Attached }
}

# All that the samples need.
function Get-HostState([hashtable]$More = @{}) {
	$state = @{
		Switches = @('LAN', 'Production')
		Files = @{
			'/vms/vm.vhdx' = Get-Disk
			'/vms/vm-ide0-1.vhdx' = Get-Disk
			'/vms/vm-scsi0-1.vhdx' = Get-Disk
			'/vms/vm.vmgs' = $null
			'D:\VMs\FILES-01\Virtual Hard Disks\data.vhdx' = Get-Disk
			'E:\VMs\FILES-01\more.vhdx' = Get-Disk
			'D:\ISO\tools.iso' = $null
		}
	}
	foreach ($key in $More.Keys) {
		if ($key -eq 'Files') {
			foreach ($path in $More.Files.Keys) {
				$state.Files[$path] = $More.Files[$path]
			}
		} else {
			$state[$key] = $More[$key]
		}
	}
	return $state
}

# One run: exit code, the object that it gives back, all that it says in error, and the host after it.
function Invoke-Script([string]$Name, [hashtable]$Parameters = @{}) {
	$with = @{ DiskFolder = '/vms'; WarningAction = 'SilentlyContinue' }
	foreach ($key in $Parameters.Keys) {
		$with[$key] = $Parameters[$key]
	}
	$ErrorActionPreference = 'Continue'
	$global:LASTEXITCODE = -1
	$result = $null
	$errors = @()
	foreach ($item in @(& (Get-Script $Name) @with 2>&1 6>$null)) {
		if ($item -is [Management.Automation.ErrorRecord]) {
			$errors += [string]$item
		} else {
			$result = $item
		}
	}
	return @{ Code = $global:LASTEXITCODE; Result = $result; Errors = $errors; State = (Get-StubState); Log = @(Get-StubLog) }
}

function Test-True([bool]$Holds, [string]$What) {
	$script:Checks++
	if (-not $Holds) {
		[void]$Failures.Add($What)
		Write-Host "FAILED: $What"
	}
}

function Test-Same($Found, $Wanted, [string]$What) {
	Test-True ([string]$Found -ceq [string]$Wanted) "${What}: '$Found' in place of '$Wanted'"
}

function Get-Changes($Run) {
	return @($Run.Log | Where-Object { $_.StartsWith('!') })
}

function Get-TheMachine($Run) {
	return @((ConvertFrom-Json $Run.State).Machines | Where-Object { $_.Generation -eq 2 })[0]
}

function Complete-Test {
	Write-Host "$Checks checks, $($Failures.Count) failed"
	exit $(if (($Failures.Count -gt 0) -or ($Checks -eq 0)) { 1 } else { 0 })
}
