# SPDX-License-Identifier: GPL-3.0-or-later
# A host of Hyper-V that is none: its cmdlets with the parameters that the real ones have (cmdlets.json), over a host that
# is kept in memory. What a real host refuses it refuses; every call is written down; any changing call can be made to fail.
# The environment variable HVSTUB_VERSION says which host it is: 2012R2, 2016, 2019, 2022, 2025.
#
#   Set-StubHost STATE    take a host: a hashtable, see host.ps1
#   Get-StubState         all that is on the host, as text, to compare
#   Get-StubLog           the calls since, as texts; those that change something begin with '!'
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Facts = ConvertFrom-Json ([IO.File]::ReadAllText([IO.Path]::Combine($PSScriptRoot, 'cmdlets.json'))) -AsHashtable
$Version = $(if ($env:HVSTUB_VERSION) { $env:HVSTUB_VERSION } else { '2025' })

. ([IO.Path]::Combine($PSScriptRoot, 'functions.ps1'))
. ([IO.Path]::Combine($PSScriptRoot, 'host.ps1'))
. ([IO.Path]::Combine($PSScriptRoot, 'cmdlets.ps1'))
. ([IO.Path]::Combine($PSScriptRoot, 'wmi.ps1'))

Add-StubTypes
Add-StubFunctions $Version
Set-StubHost @{}
# The classes of WMI and what the stub shadows are what a host has, too.
Export-ModuleMember -Function (@(Get-StubCmdlets $Version) + @('Get-CimInstance', 'Get-CimAssociatedInstance',
	'Get-CimClass', 'New-CimInstance', 'Invoke-CimMethod', 'Test-Path', 'Start-Sleep', 'Get-Date', 'Set-StubHost',
	'Get-StubState', 'Get-StubLog', 'Add-StubMachine'))
