# SPDX-License-Identifier: GPL-3.0-or-later
# Hosts that do not take all of it, and the wishes of the user.
. ([IO.Path]::Combine($PSScriptRoot, 'harness.ps1'))
$Channel = '{0f9f2c6e-1a43-4d0b-a4c9-8e6f50b3d7a1}'
Use-Version '2025'

function Invoke-On([hashtable]$More, [string]$Name = 'sample', [hashtable]$Parameters = @{}) {
	Set-StubHost (Get-HostState $More)
	$run = Invoke-Script $Name $Parameters
	Test-Same $run.Code 0 "exit status of $Name on a host with $($More.Keys) $($More.Values) ($($run.Errors))"
	return $run
}

function Test-Warning($Run, [string]$Pattern) {
	Test-True (($Run.Result.Warnings -join "`n") -like $Pattern) "no warning '$Pattern': $($Run.Result.Warnings -join '; ')"
}

$run = Invoke-On @{ Channel = 'onAdd' }
$machine = Get-TheMachine $run
Test-Same $machine.Adapters[0].Channel[0] $Channel 'a channel that is given when the adapter is added'
Test-Same $machine.Adapters.Count 2 'adapters when they are added twice'
Test-Same $machine.Adapters[0].Mac '00155D0A1401' 'address of an adapter that is added twice'
Test-Same $machine.Adapters[0].Vlan 20 'VLAN of an adapter that is added twice'
Test-Same $machine.Controllers.Count 1 'controllers when they are added twice'
Test-Same $run.Result.Warnings.Count 0 "warnings ($($run.Result.Warnings -join '; '))"

$run = Invoke-On @{ Channel = 'ignored' }
Test-Warning $run "*adapter 'Network Adapter' another channel*"
Test-Same (Get-TheMachine $run).Adapters.Count 2 'adapters on a host that ignores channels'

$run = Invoke-On @{ Boot = 'fails' }
Test-Warning $run '*does not take the boot entry (not supported)*'
$run = Invoke-On @{ Boot = 'silent' }
Test-Warning $run '*no entry was added*'
Test-True ((Get-TheMachine $run).Boot[0] -like 'Drive *') 'without an entry the disk is first'
$run = Invoke-On @{ Identity = 'ignored' }
Test-Warning $run '*BIOSGUID*'
$run = Invoke-On @{ Wmi = $false }
Test-Warning $run '*WMI does not answer*'
$again = Invoke-Script 'sample'
Test-True $again.Result.Exists 'without WMI it is known by name and boot disk'
Test-Same $again.State $run.State 'a second run without WMI'

# A store of ours: without keys Secure Boot would let nothing start.
$run = Invoke-On @{} 'sample' @{ GuestStateFile = '/vms/vm.vmgs' }
Test-Same (Get-TheMachine $run).GuestState '/vms/vm.vmgs' 'the store'
Test-Same (Get-TheMachine $run).Firmware.SecureBoot 'Off' 'Secure Boot with a store without keys'
Test-Warning $run '*Secure Boot is switched off*'

$run = Invoke-On @{} 'options'
$machine = Get-TheMachine $run
Test-Same $machine.Firmware.SecureBoot 'Off' '--secure-boot off'
Test-Same $machine.Tpm $true '--tpm'
Test-Same $machine.Adapters[0].Dynamic $true '--mac dynamic'
Test-Same $machine.Adapters[1].Mac '00155D0A1402' 'a static address stays'
Test-Same $machine.Adapters[0].Switch 'Production' '--switch'
Test-Same $machine.Identity.BIOSGUID '{AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE}' '--new-id'
Test-True (@($machine.Disks) -contains '0:1 E:\VMs\FILES-01\more.vhdx max 0 min 0 qos  shared False') 'an attached disk'
Test-True ($machine.Boot[0] -like 'Drive *') 'no entry without a partition'

$run = Invoke-On @{} 'sample' @{ SwitchMap = @{ LAN = '' } }
Test-Same (Get-TheMachine $run).Adapters[0].Switch '' 'a switch that is mapped to none'
$run = Invoke-On @{ Switches = @('WAN') } 'sample' @{ SwitchMap = @{ LAN = 'WAN' } }
Test-Same (Get-TheMachine $run).Adapters[0].Switch 'WAN' 'a switch that is mapped'
Set-StubHost (Get-HostState)
$state = Get-HostState
$state.Files.Remove('D:\ISO\tools.iso')
Set-StubHost $state
$run = Invoke-Script 'sample'
Test-Warning $run '*the drive stays empty*'
Test-Same (Get-TheMachine $run).Dvds[0].Trim() '0:3' 'the empty drive'

# What the port of an adapter has; and a switch that does not know it.
$run = Invoke-On @{} 'port'
$port = (Get-TheMachine $run).Adapters[0].Port
$wanted = @{ MacAddressSpoofing = 'On'; DhcpGuard = 'On'; RouterGuard = 'Off'; IeeePriorityTag = 'On'; AllowTeaming = 'On'
	PortMirroring = 'Source'; MaximumBandwidth = '100000000'; MinimumBandwidthWeight = '50'; DeviceNaming = 'On'
	IPsecOffloadMaximumSecurityAssociation = '256'; VmqWeight = '50'; IovWeight = '100'; IovQueuePairsRequested = '2'
	IovInterruptModeration = 'Medium' }
foreach ($key in $wanted.Keys) {
	Test-Same $port.$key $wanted[$key] $key
}
Test-Same @($port.PSObject.Properties).Count $wanted.Count 'settings of the port'
$run = Invoke-On @{ Weights = $false } 'port'
Test-Warning $run '*MinimumBandwidthWeight 50: the switch knows no weights*'
Test-Same (Get-TheMachine $run).Adapters[0].Port.DhcpGuard 'On' 'the guard of a switch without weights'

# The guest's addresses, after the start; and a guest that says nothing.
$run = Invoke-On @{} 'network'
Test-Warning $run '*-Start gives it 192.0.2.7/255.255.255.0*'
$run = Invoke-On @{} 'network' @{ Start = $true }
Test-Same (Get-TheMachine $run).State 'Running' '-Start'
Test-Same (Get-TheMachine $run).Adapters[1].Guest[0] '192.0.2.7' "the guest's address"
Test-Same (Get-TheMachine $run).Adapters[0].Guest.Count 0 'the other adapter'
Set-StubHost (Get-HostState @{ Guest = 'silent' })
$run = Invoke-Script 'network' @{ Start = $true }
Test-Same $run.Code 4 'a guest that says nothing'
Test-True (($run.Errors -join ' ') -like '*ten minutes*') "what is said of it: $($run.Errors)"
Complete-Test
