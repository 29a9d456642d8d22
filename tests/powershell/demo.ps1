# SPDX-License-Identifier: GPL-3.0-or-later
# demo.ps1 SCRIPT: what the script of a VM finds on a host that has all it needs, and what it would do there. The host is none: it is
# the stand-in of the tests, module Hyper-V beside this file.
param([string]$Script)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
Import-Module Hyper-V

$files = @{ 'D:\ISO\tools.iso' = $null }
foreach ($disk in [IO.Directory]::GetFiles([IO.Path]::GetDirectoryName($Script), '*.vhdx')) {
	$files[$disk] = @{ Format = 'VHDX'; Type = 'Dynamic'; Parent = ''; Attached = $false }
}
Set-StubHost @{ Switches = @('LAN'); Files = $files }
$leaf = [IO.Path]::GetFileName($Script)
foreach ($how in 'CheckOnly', 'WhatIf') {
	'PS> .\{0} -{1}' -f $leaf, $how
	$with = @{ $how = $true }
	$result = & $Script @with
	$result | Format-List Name, Exists, Created, Problems, Warnings | Out-String -Width 200 | ForEach-Object { $_.Trim() }
	if ($result.Problems.Count -gt 0) {
		exit 1
	}
}
