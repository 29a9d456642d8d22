# SPDX-License-Identifier: GPL-3.0-or-later
# Problems are found before anything is done, and told together; what an old host cannot be given is a warning.
. ([IO.Path]::Combine($PSScriptRoot, 'harness.ps1'))
$BiosGuid = '7a0e3d11-4c59-4f6b-8b3a-5d2f1c0e9a87'
Use-Version '2025'

# A host, made different from a good one; what is said.
function Test-Problem([string]$What, [hashtable]$More, [string]$Pattern, [scriptblock]$Prepare = {}, [hashtable]$Parameters = @{}, [string]$Script = 'sample') {
	Set-StubHost (Get-HostState $More)
	[void](& $Prepare)
	$before = Get-StubState
	$run = Invoke-Script $Script $Parameters
	Test-Same $run.Code 2 "exit status: $What"
	Test-Same $run.State $before "the host: $What"
	Test-Same @(Get-Changes $run).Count 0 "changing calls: $What"
	Test-True (($run.Errors -join "`n") -like $Pattern) "${What}: $($run.Errors -join ' | ')"
	return $run
}

$bad = @{ Switches = @(); Files = @{ '/vms/vm.vhdx' = (Get-Disk -Attached $true); '/vms/vm-ide0-1.vhdx' = (Get-Disk -Format 'VHD') } }
$run = Test-Problem 'several' $bad '*in use*'
Test-Same $run.Result.Problems.Count 4 "problems told together ($($run.Result.Problems -join '; '))"
[void](Test-Problem 'a .vhd' @{ Files = @{ '/vms/vm-ide0-1.vhdx' = (Get-Disk -Format 'VHD') } } "*vm-ide0-1.vhdx' is no VHDX*")
[void](Test-Problem 'no parent' @{ Files = @{ '/vms/vm.vhdx' = (Get-Disk -Type 'Differencing' -Parent 'D:\gone.vhdx') } } "*needs its parent 'D:\gone.vhdx'*")
[void](Test-Problem 'no disk' @{} "*'/other/vm.vhdx' is not there*-DiskFolder*" {} @{ DiskFolder = '/other' })
[void](Test-Problem 'no switch' @{ Switches = @('lan') } "*no virtual switch 'LAN'*-SwitchMap*")
[void](Test-Problem 'two switches' @{ Switches = @('LAN', 'LAN') } "*2 virtual switches 'LAN'*")
[void](Test-Problem 'a pattern is no name' @{ Switches = @('LAN') } "*no virtual switch 'L?N'*" {} @{ SwitchMap = @{ LAN = 'L?N' } })
[void](Test-Problem 'the name is taken' @{} "*named 'FILES-01' is on this host*-VMName*" { Add-StubMachine 'FILES-01' 1 })
[void](Test-Problem 'the old VM runs' @{} "*old VM 'old' is not off*" { Add-StubMachine 'old' 1 'Running' $BiosGuid })
[void](Test-Problem 'the address is taken' @{} "*'other' has the address 00155D0A1401*" { Add-StubMachine 'other' 2 'Off' '' '00155D0A1401' })
[void](Test-Problem 'the disk is taken' @{} "*'/vms/vm.vhdx' is a disk of the VM 'other'*" { Add-StubMachine 'other' 2 'Off' '' '' '/vms/vm.vhdx' })
[void](Test-Problem 'no store' @{} "*'/vms/none.vmgs' is not there*" {} @{ GuestStateFile = '/vms/none.vmgs' })

# The old VM, off, has the same addresses; and a name that is a pattern finds nothing else.
Set-StubHost (Get-HostState)
[void](Add-StubMachine 'old' 1 'Off' $BiosGuid '00155D0A1401')
[void](Add-StubMachine 'FILES-?1' 2 'Off')
Test-Same (Invoke-Script 'sample').Code 0 'beside the old VM, off'
Set-StubHost (Get-HostState)
[void](Add-StubMachine 'FILES-01' 1 'Off' $BiosGuid)
$run = Invoke-Script 'sample' @{ VMName = 'FILES-02' }
Test-Same $run.Code 0 '-VMName beside the old VM'
Test-Same (Get-TheMachine $run).Name 'FILES-02' 'the name of -VMName'

# A VM with the identity, but another size: told, and left alone.
Set-StubHost (Get-HostState)
[void](Add-StubMachine 'renamed' 2 'Off' $BiosGuid)
$before = Get-StubState
$run = Invoke-Script 'sample'
Test-Same $run.Code 0 'exit status when it is there already, and different'
Test-Same $run.State $before 'a VM that is there is left alone'
Test-True (($run.Result.Differences -join "`n") -like "*memory: '1073741824' in place of '4294967296'*") 'differences are told'

Use-Version '2012R2'
Set-StubHost (Get-HostState)
$run = Invoke-Script 'sample' @{ GuestStateFile = '/vms/vm.vmgs' }
Test-Same $run.Code 2 'a store on an old host'
foreach ($script in [IO.Directory]::GetFiles($env:SCRIPTS, 'real-EC*.ps1')) {
	Set-StubHost (Get-HostState)
	$run = Invoke-Script ([IO.Path]::GetFileNameWithoutExtension($script))
	Test-Same $run.Code 0 'a configuration of 9.0 on an old host'
	Test-True (($run.Result.Warnings -join "`n") -like "*Set-VM has no -AutomaticCriticalErrorAction: 'Pause' is lost*") "what is lost is told: $($run.Result.Warnings -join '; ')"
}
# A process of its own. The module comes first: with -File, PowerShell loses the exit status of a script that requires a module of
# script (its issue 23887), which that of Hyper-V is not.
$env:HVSTUB_VERSION = '2025'
$said = & $env:PWSH -NoProfile -NonInteractive -Command "Import-Module Hyper-V; & '$(Get-Script 'sample')'; exit `$LASTEXITCODE" 2>&1
Test-Same $LASTEXITCODE 2 "exit status of a process ($said)"
Test-True (($said -join '') -like "*no virtual switch 'LAN'*") 'what the process says'
Complete-Test
