# SPDX-License-Identifier: GPL-3.0-or-later
# test_faults.ps1 VERSION: each changing call fails once. Then the host is as it was (1), or what failed was one that a VM can
# be without, which is told (0). When the VM cannot be removed either, what is left is named (3).
param([string]$Version)
. ([IO.Path]::Combine($PSScriptRoot, 'harness.ps1'))
Use-Version $Version
$BestEffort = '!ModifySystemSettings', '!ModifyResourceSettings', '!AddResourceSettings', '!AddBootSourceSettings'
$folder = [IO.Path]::Combine($env:SCRIPTS, 'made')

Set-StubHost (Get-HostState)
$before = Get-StubState
$last = @(Get-Changes (Invoke-Script 'sample')).Count
Test-True ($last -gt 20) "only $last changing calls"
for ($k = 1; $k -le $last; $k++) {
	Set-StubHost (Get-HostState @{ Fail = $k })
	$run = Invoke-Script 'sample' @{ Path = $folder }
	$call = @(Get-Changes $run)[$k - 1]
	if ($BestEffort -contains $call) {
		Test-Same $run.Code 0 "exit status when $call fails"
		Test-True ($run.Result.Warnings.Count -gt 0) "no warning when $call fails"
		Remove-Item -Recurse $folder
		continue
	}
	Test-Same $run.Code 1 "exit status when $call fails"
	Test-Same $run.State $before "the host when $call fails"
	Test-True (($run.Errors -join ' ') -like '*failed*the stub lets*') "what is said when $call fails: $($run.Errors)"
	Test-True (-not [IO.Directory]::Exists([IO.Path]::Combine($folder, 'FILES-01'))) "the folder stays when $call fails"

	Set-StubHost (Get-HostState @{ Fail = $k; FailRemove = $true })
	$run = Invoke-Script 'sample'
	if ($k -eq 1) {
		Test-Same $run.Code 1 'exit status when there is nothing to remove'
		continue
	}
	Test-Same $run.Code 3 "exit status when $call and Remove-VM fail"
	Test-True (($run.Errors -join ' ') -like "*could not be taken back*the VM 'FILES-01'*") "what is left when $call and Remove-VM fail: $($run.Errors)"
}
Complete-Test
