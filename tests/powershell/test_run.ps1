# SPDX-License-Identifier: GPL-3.0-or-later
# test_run.ps1 VERSION: the script makes the VM that was planned; -WhatIf, -CheckOnly and a second run change nothing.
param([string]$Version)
. ([IO.Path]::Combine($PSScriptRoot, 'harness.ps1'))
Use-Version $Version

Set-StubHost (Get-HostState)
$before = Get-StubState
foreach ($switch in 'WhatIf', 'CheckOnly') {
	$run = Invoke-Script 'sample' @{ $switch = $true }
	Test-Same $run.Code 0 "exit status of -$switch"
	Test-Same $run.State $before "the host after -$switch"
	Test-Same @(Get-Changes $run).Count 0 "changing calls of -$switch"
	Test-True (-not $run.Result.Created) "-$switch makes nothing"
}

# What is planned stands in a file for the oldest host, and in one for all others.
$run = Invoke-Script 'sample'
Test-Same $run.Code 0 "exit status ($($run.Errors))"
Test-Same $run.Result.Warnings.Count 0 "warnings ($($run.Result.Warnings -join '; '))"
$name = 'sample-' + $(if ($Version -eq '2012R2') { '2012R2' } else { '2016' }) + '.json'
$wanted = [IO.File]::ReadAllText([IO.Path]::Combine($PSScriptRoot, 'expected', $name))
[IO.File]::WriteAllText([IO.Path]::Combine($env:SCRIPTS, $name), $run.State + "`n")
Test-True (($run.State + "`n") -ceq $wanted) "the host is not as in expected/${name}: see $env:SCRIPTS/$name"

$again = Invoke-Script 'sample'
Test-Same $again.Code 0 'exit status of the second run'
Test-True $again.Result.Exists 'the second run sees the VM'
Test-Same ($again.Result.Differences -join '; ') '' 'differences that the second run sees'
Test-Same $again.State $run.State 'the host after the second run'
Test-Same (@(Get-Changes $again).Count - @(Get-Changes $run).Count) 0 'changing calls of the second run'

# Real configurations.
foreach ($script in [IO.Directory]::GetFiles($env:SCRIPTS, 'real-*.ps1')) {
	$name = [IO.Path]::GetFileNameWithoutExtension($script)
	Set-StubHost (Get-HostState)
	$run = Invoke-Script $name
	Test-Same $run.Code 0 "exit status of $name ($($run.Errors))"
	Test-Same (Get-TheMachine $run).Disks[0] '0:0 /vms/vm.vhdx max 0 min 0 qos  shared False' "disk of $name"
	$again = Invoke-Script $name
	Test-Same ($again.Result.Differences -join '; ') '' "differences of $name"
	Test-Same $again.State $run.State "the host after the second run of $name"
}
Complete-Test
