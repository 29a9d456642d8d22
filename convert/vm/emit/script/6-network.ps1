# --- Start, and the guest's network ---------------------------------------------------------------------------------

function Wait-Guest {
	$end = (Get-Date).AddMinutes(10)
	while ((Get-Date) -lt $end) {
		if ([string](Get-Value (Get-Machine $State.Vm.Id) 'Heartbeat') -like 'Ok*') {
			return
		}
		Start-Sleep -Seconds 2
	}
	throw 'the guest says nothing for ten minutes'
}

function Set-GuestAddress([hashtable]$Network) {
	$class = 'Msvm_GuestNetworkAdapterConfiguration'
	$adapter = Find-Adapter @(Get-VMNetworkAdapter -VM $State.Vm) $Network.Adapter
	$device = Get-Device 'Msvm_SyntheticEthernetPortSettingData' $adapter.Id
	$configuration = @(Get-CimAssociatedInstance -InputObject $device -ResultClassName $class)[0]
	$addresses = [string[]]@($Network.Addresses | ForEach-Object { $_.Address })
	$protocol = 4096
	if (@($addresses | Where-Object { $_ -like '*:*' }).Count -gt 0) {
		$protocol = 4098
	}
	$text = ConvertTo-CimText $configuration @{
		DHCPEnabled = $false
		IPAddresses = $addresses
		Subnets = [string[]]@($Network.Addresses | ForEach-Object { $_.Subnet })
		DefaultGateways = [string[]]@($Network.Gateways)
		DNSServers = [string[]]@($Network.Dns)
		ProtocolIFType = $protocol
	}
	Invoke-Management 'SetGuestNetworkAdapterConfiguration' @{
		ComputerSystem = (Get-ComputerSystem $State.Vm.Id)
		NetworkConfiguration = [string[]]@($text)
	}
	$found = @(@(Get-CimAssociatedInstance -InputObject $device -ResultClassName $class)[0].IPAddresses)
	foreach ($address in $addresses) {
		if ($found -notcontains $address) {
			throw ("adapter {0} of the guest does not have the address {1}" -f $Network.Adapter, $address)
		}
	}
}

function Start-Machine {
	if ([string](Get-Machine $State.Vm.Id).State -ne 'Running') {
		Start-VM -VM $State.Vm
	}
	if ($Plan.GuestNetwork.Count -gt 0) {
		Wait-Guest
	}
	foreach ($network in $Plan.GuestNetwork) {
		Set-GuestAddress $network
	}
}

function Show-GuestNetwork {
	foreach ($network in $Plan.GuestNetwork) {
		$addresses = @($network.Addresses | ForEach-Object { '{0}/{1}' -f $_.Address, $_.Subnet }) -join ', '
		Add-Warning ("adapter {0} is another one to the guest: -Start gives it {1} again, or do it by hand" -f
			$network.Adapter, $addresses)
	}
}

