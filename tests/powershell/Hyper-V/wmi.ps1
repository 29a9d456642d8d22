# SPDX-License-Identifier: GPL-3.0-or-later
# WMI of the host: classes with the properties of Microsoft's pages (desktop-src/HyperV_v2 of win32), as far as scripts use
# them. Text that is given must be an instance of such a class, with its types.

$Classes = @{
	Msvm_ComputerSystem = [ordered]@{ Name = 'String'; ElementName = 'String'; EnabledState = 'UInt16' }
	Msvm_VirtualSystemSettingData = [ordered]@{
		InstanceID = 'String'; ElementName = 'String'; VirtualSystemIdentifier = 'String'; VirtualSystemType = 'String'
		CreationTime = 'DateTime'; AutomaticStartupActionDelay = 'DateTime'; AutomaticRecoveryAction = 'UInt16'
		BIOSGUID = 'String'; BIOSSerialNumber = 'String'; BaseBoardSerialNumber = 'String'; ChassisSerialNumber = 'String'
		ChassisAssetTag = 'String'; BIOSNumLock = 'Boolean'; AllowFullSCSICommandSet = 'Boolean'
		BootSourceOrder = 'StringArray'; VirtualSystemSubType = 'String'
	}
	Msvm_ResourceAllocationSettingData = [ordered]@{
		InstanceID = 'String'; ElementName = 'String'; ResourceType = 'UInt16'; ResourceSubType = 'String'
		VirtualSystemIdentifiers = 'StringArray'; Parent = 'String'
	}
	Msvm_SyntheticEthernetPortSettingData = [ordered]@{
		InstanceID = 'String'; ElementName = 'String'; ResourceType = 'UInt16'; ResourceSubType = 'String'
		VirtualSystemIdentifiers = 'StringArray'; Address = 'String'; StaticMacAddress = 'Boolean'
	}
	Msvm_BootSourceSettingData = [ordered]@{
		InstanceID = 'String'; ElementName = 'String'; BootSourceType = 'UInt32'; OtherLocation = 'String'
		FirmwareDevicePath = 'String'; BootSourceDescription = 'String'; OptionalData = 'UInt8Array'
	}
	Msvm_GuestNetworkAdapterConfiguration = [ordered]@{
		InstanceID = 'String'; ProtocolIFType = 'UInt16'; DHCPEnabled = 'Boolean'; IPAddresses = 'StringArray'
		Subnets = 'StringArray'; DefaultGateways = 'StringArray'; DNSServers = 'StringArray'; IPAddressOrigins = 'UInt16Array'
	}
	Msvm_VirtualSystemManagementService = [ordered]@{ Name = 'String' }
	Msvm_ConcreteJob = [ordered]@{ InstanceID = 'String'; JobState = 'UInt16'; ErrorDescription = 'String' }
}
$IdentityNames = 'BIOSGUID', 'BIOSSerialNumber', 'BaseBoardSerialNumber', 'ChassisSerialNumber', 'ChassisAssetTag',
	'BIOSNumLock', 'AllowFullSCSICommandSet', 'AutomaticRecoveryAction'
$ScsiSubType = 'Microsoft:Hyper-V:Synthetic SCSI Controller'

function New-StubInstance([string]$Class, [hashtable]$Values, $About) {
	$instance = New-Object PSObject
	$properties = @()
	foreach ($name in $Classes[$Class].Keys) {
		$value = $Values[$name]
		$properties += New-Object PSObject -Property @{ Name = $name; CimType = $Classes[$Class][$name]; Value = $value }
		$instance | Add-Member NoteProperty $name $value
	}
	$instance | Add-Member NoteProperty CimInstanceProperties $properties
	$instance | Add-Member NoteProperty CimClass (New-Object PSObject -Property @{ CimClassName = $Class })
	$instance | Add-Member NoteProperty About $About
	return $instance
}

function Get-SystemInstance($Machine) {
	return New-StubInstance 'Msvm_ComputerSystem' @{ Name = ([string]$Machine.Id).ToUpperInvariant(); ElementName = $Machine.Name; EnabledState = 3 } $Machine
}

function Get-BootPath($Source) {
	return '\\STUB\root\virtualization\v2:Msvm_BootSourceSettingData.InstanceID="{0}"' -f $Source.Id.Replace('\', '\\')
}

function Get-SettingInstance($Machine) {
	$values = @{
		InstanceID = 'Microsoft:' + ([string]$Machine.Id).ToUpperInvariant(); ElementName = $Machine.Name
		VirtualSystemIdentifier = ([string]$Machine.Id).ToUpperInvariant()
		VirtualSystemType = 'Microsoft:Hyper-V:System:Realized'
		VirtualSystemSubType = 'Microsoft:Hyper-V:SubType:' + $Machine.Generation
		CreationTime = [DateTime]'2026-01-02'; AutomaticStartupActionDelay = [TimeSpan]::FromSeconds(90)
		BootSourceOrder = [string[]]@($Machine.Boot | ForEach-Object { Get-BootPath $_ })
	}
	foreach ($name in $Machine.Identity.Keys) {
		$values[$name] = $Machine.Identity[$name]
		if ($Classes.Msvm_VirtualSystemSettingData[$name] -eq 'Boolean') {
			$values[$name] = ($Machine.Identity[$name] -eq 'true')
		}
	}
	return New-StubInstance 'Msvm_VirtualSystemSettingData' $values $Machine
}

function Get-ControllerInstance($Controller) {
	return New-StubInstance 'Msvm_ResourceAllocationSettingData' @{
		InstanceID = $Controller.Id; ElementName = $Controller.Name; ResourceType = 6; ResourceSubType = $ScsiSubType
		VirtualSystemIdentifiers = $Controller.Channel } $Controller
}

function Get-AdapterInstance($Adapter) {
	return New-StubInstance 'Msvm_SyntheticEthernetPortSettingData' @{
		InstanceID = $Adapter.Id; ElementName = $Adapter.Name; ResourceType = 10; Address = $Adapter.MacAddress
		ResourceSubType = 'Microsoft:Hyper-V:Synthetic Ethernet Port'; VirtualSystemIdentifiers = $Adapter.Channel
		StaticMacAddress = -not $Adapter.DynamicMacAddressEnabled } $Adapter
}

function Get-AllInstances([string]$Class) {
	switch ($Class) {
		'Msvm_ComputerSystem' { $TheHost.Machines | ForEach-Object { Get-SystemInstance $_ } }
		'Msvm_VirtualSystemSettingData' { $TheHost.Machines | ForEach-Object { Get-SettingInstance $_ } }
		'Msvm_VirtualSystemManagementService' { New-StubInstance $Class @{ Name = 'vmms' } $null }
		'Msvm_ResourceAllocationSettingData' {
			New-StubInstance $Class @{ InstanceID = 'Microsoft:Definition\6\Default'; ResourceType = 6; ResourceSubType = $ScsiSubType } $null
			New-StubInstance $Class @{ InstanceID = 'Microsoft:Definition\5\Default'; ResourceType = 5; ResourceSubType = 'Microsoft:Hyper-V:Emulated IDE Controller' } $null
		}
		'Msvm_SyntheticEthernetPortSettingData' {
			New-StubInstance $Class @{ InstanceID = 'Microsoft:Definition\10\Default'; ResourceType = 10 } $null
		}
		default { throw "the stub has no instances of '$Class'" }
	}
}

# NAME = 'VALUE' and NAME LIKE 'VALUE', joined by AND: anything else, as a quote within a value, is no filter.
function Test-Filter($Instance, [string]$Filter) {
	$pattern = "^\s*(\w+) (=|LIKE) '([^']*)'\s*$"
	foreach ($part in ($Filter -split ' AND ')) {
		if ($part -notmatch $pattern) {
			throw "'$Filter' is no filter"
		}
		$name, $how, $wanted = $Matches[1], $Matches[2], $Matches[3]
		$found = [string]$Instance.$name
		if (($how -eq '=') -and ($found -ne $wanted)) {
			return $false
		}
		if (($how -eq 'LIKE') -and ($found -notlike $wanted.Replace('%', '*'))) {
			return $false
		}
	}
	return $true
}

function Test-Wmi {
	if (-not $TheHost.Wmi) {
		throw 'access to WMI is denied'
	}
}

# A job is running when it is looked at first.
function Get-JobInstance($Job) {
	$TheHost.Jobs[$Job.InstanceID]++
	$state = $(if ($TheHost.Jobs[$Job.InstanceID] -lt 2) { 4 } else { 7 })
	return New-StubInstance 'Msvm_ConcreteJob' @{ InstanceID = $Job.InstanceID; JobState = $state; ErrorDescription = '' } $null
}

function Get-CimInstance {
	[CmdletBinding()] param(
		[Parameter(ParameterSetName = 'Class', Mandatory = $true)][string]$Namespace,
		[Parameter(ParameterSetName = 'Class', Mandatory = $true)][string]$ClassName,
		[Parameter(ParameterSetName = 'Class')][string]$Filter,
		[Parameter(ParameterSetName = 'Object', Mandatory = $true)][Alias('CimInstance')]$InputObject)
	Test-Wmi
	if ($PSCmdlet.ParameterSetName -eq 'Object') {
		return Get-JobInstance $InputObject
	}
	if ($Namespace -ne 'root\virtualization\v2') {
		throw "there is no namespace '$Namespace'"
	}
	[void]$TheHost.Log.Add("Get-CimInstance $ClassName $Filter")
	return Get-AllInstances $ClassName | Where-Object { -not $Filter -or (Test-Filter $_ $Filter) }
}

function Get-CimAssociatedInstance {
	[CmdletBinding()] param(
		[Parameter(Mandatory = $true)]$InputObject,
		[string]$Association,
		[Parameter(Mandatory = $true)][string]$ResultClassName)
	Test-Wmi
	$about = $InputObject.About
	[void]$TheHost.Log.Add("Get-CimAssociatedInstance $ResultClassName")
	switch ($ResultClassName) {
		'Msvm_VirtualSystemSettingData' { return Get-SettingInstance $about }
		'Msvm_ResourceAllocationSettingData' { return $about.Controllers | ForEach-Object { Get-ControllerInstance $_ } }
		'Msvm_SyntheticEthernetPortSettingData' { return $about.Adapters | ForEach-Object { Get-AdapterInstance $_ } }
		'Msvm_GuestNetworkAdapterConfiguration' {
			return New-StubInstance $ResultClassName @{ InstanceID = 'Microsoft:GuestNetwork\' + $about.Id; DHCPEnabled = $true; IPAddresses = [string[]]$about.GuestAddresses } $about
		}
		default { throw "the stub associates no '$ResultClassName'" }
	}
}

function New-CimInstance {
	[CmdletBinding()] param([Parameter(Mandatory = $true)][string]$Namespace, [Parameter(Mandatory = $true)][string]$ClassName, [switch]$ClientOnly)
	Test-Wmi
	if (-not $ClientOnly) {
		throw 'the host makes no such instances'
	}
	return New-StubInstance $ClassName @{} $null
}

function Get-ServiceMethods {
	$methods = 'ModifySystemSettings', 'ModifyResourceSettings', 'AddResourceSettings', 'SetGuestNetworkAdapterConfiguration'
	return $methods + $(if ($Version -ne '2012R2') { @('AddBootSourceSettings') } else { @() })
}

function Get-CimClass {
	[CmdletBinding()] param([Parameter(Mandatory = $true)][string]$Namespace, [Parameter(Mandatory = $true)][string]$ClassName)
	Test-Wmi
	$methods = @()
	if ($ClassName -eq 'Msvm_VirtualSystemManagementService') {
		$methods = @(Get-ServiceMethods | ForEach-Object { New-Object PSObject -Property @{ Name = $_ } })
	}
	return New-Object PSObject -Property @{ CimClassName = $ClassName; CimClassMethods = $methods }
}

# --- Texts ----------------------------------------------------------------------------------------------------------------

function ConvertFrom-CimText([string]$Text, [string]$Class) {
	$instance = ([xml]$Text).DocumentElement
	if (($instance.LocalName -ne 'INSTANCE') -or ($instance.CLASSNAME -ne $Class)) {
		throw "the text is no instance of '$Class'"
	}
	$values = @{}
	foreach ($property in $instance.ChildNodes) {
		$name = $property.GetAttribute('NAME')
		$type = $property.GetAttribute('TYPE')
		$wanted = [string]$Classes[$Class][$name]
		if (-not $wanted -or ($wanted.Replace('Array', '') -ne $type)) {
			throw "'$Class' has no property '$name' of type '$type'"
		}
		if ($wanted.EndsWith('Array') -ne ($property.LocalName -eq 'PROPERTY.ARRAY')) {
			throw "'$name' is an array, or is none"
		}
		$texts = @($property.GetElementsByTagName('VALUE') | ForEach-Object { $_.InnerText })
		if (($wanted -eq 'DateTime') -and ($texts[0] -notmatch '^\d{14}\.\d{6}([+-]\d{3}|:000)$')) {
			throw "'$($texts[0])' is no time"
		}
		if (($wanted -eq 'Boolean') -and (@('true', 'false') -notcontains $texts[0])) {
			throw "'$($texts[0])' is neither true nor false"
		}
		if ($wanted -like 'UInt*') {
			$texts | ForEach-Object { [void][uint64]$_ }
		}
		$values[$name] = $texts[0]
		if ($wanted.EndsWith('Array')) {
			$values[$name] = [string[]]$texts
		}
	}
	return $values
}

function Find-Machine([string]$Id) {
	return @($TheHost.Machines | Where-Object { ('Microsoft:' + $_.Id) -eq $Id })[0]
}

function Set-StubSystem($Arguments) {
	$values = ConvertFrom-CimText $Arguments.SystemSettings 'Msvm_VirtualSystemSettingData'
	$machine = Find-Machine $values['InstanceID']
	[void](Get-OffMachine @{ VM = $machine })
	if ($TheHost.Identity -eq 'works') {
		foreach ($name in $IdentityNames) {
			if ($values.ContainsKey($name)) {
				$machine.Identity[$name] = [string]$values[$name]
			}
		}
	}
	$order = New-Object 'System.Collections.Generic.List[Microsoft.HyperV.PowerShell.VMBootSource]'
	foreach ($path in @($values['BootSourceOrder'])) {
		$source = @($machine.Boot | Where-Object { (Get-BootPath $_) -eq $path })
		if ($source.Count -ne 1) {
			throw "there is no boot entry '$path'"
		}
		$order.Add($source[0])
	}
	$machine.Boot = $order
}

function Set-StubResource($Arguments) {
	$text = @($Arguments.ResourceSettings)[0]
	$class = ([xml]$text).DocumentElement.CLASSNAME
	$values = ConvertFrom-CimText $text $class
	foreach ($machine in $TheHost.Machines) {
		foreach ($device in @($machine.Controllers) + @($machine.Adapters)) {
			if ($device.Id -ne $values['InstanceID']) {
				continue
			}
			if ($TheHost.Channel -eq 'taken') {
				$device.Channel = $values['VirtualSystemIdentifiers']
			}
			return
		}
	}
	throw 'there is no such device'
}

function Add-StubResource($Arguments) {
	$text = @($Arguments.ResourceSettings)[0]
	$class = ([xml]$text).DocumentElement.CLASSNAME
	$values = ConvertFrom-CimText $text $class
	$machine = $Arguments.AffectedConfiguration.About
	$channel = $(if ($TheHost.Channel -eq 'ignored') { Get-Brace } else { $values['VirtualSystemIdentifiers'][0] })
	if ($class -eq 'Msvm_ResourceAllocationSettingData') {
		if ($values['ResourceSubType'] -ne $ScsiSubType) {
			throw 'generation 2 has no such controller'
		}
		[void](Add-Controller $machine $channel)
		return
	}
	$adapter = Add-NetworkAdapter $machine $values['ElementName'] $channel
	if ($values.ContainsKey('Address')) {
		$adapter.MacAddress = $values['Address']
		$adapter.DynamicMacAddressEnabled = ($values['StaticMacAddress'] -ne 'true')
	}
}

function Add-StubBootSource($Arguments) {
	$values = ConvertFrom-CimText @($Arguments.BootSourceSettings)[0] 'Msvm_BootSourceSettingData'
	$machine = $Arguments.AffectedConfiguration.About
	if ($TheHost.Boot -eq 'fails') {
		throw 'not supported'
	}
	if (($values['BootSourceType'] -ne '3') -or (@($values['OptionalData']).Count -ne 136)) {
		throw 'that is no entry of a file'
	}
	if ($TheHost.Boot -eq 'works') {
		$machine.Boot.Add((New-Component 'VMBootSource' $machine @{ BootType = 'File'; FirmwarePath = $values['FirmwareDevicePath']; Name = $values['BootSourceDescription'] }))
	}
}

function Set-StubGuestNetwork($Arguments) {
	$values = ConvertFrom-CimText @($Arguments.NetworkConfiguration)[0] 'Msvm_GuestNetworkAdapterConfiguration'
	$machine = $Arguments.ComputerSystem.About
	if ([string]$machine.State -ne 'Running') {
		throw 'wrong state'
	}
	foreach ($adapter in $machine.Adapters) {
		if ($values['InstanceID'] -eq ('Microsoft:GuestNetwork\' + $adapter.Id)) {
			$adapter.GuestAddresses = $values['IPAddresses']
		}
	}
}

function Invoke-CimMethod {
	[CmdletBinding()] param([Parameter(Mandatory = $true)]$InputObject, [Parameter(Mandatory = $true)][string]$MethodName, [hashtable]$Arguments)
	Test-Wmi
	[void]$TheHost.Log.Add("!$MethodName")
	Enter-Change $MethodName
	if ((Get-ServiceMethods) -notcontains $MethodName) {
		throw "there is no method '$MethodName'"
	}
	switch ($MethodName) {
		'ModifySystemSettings' { Set-StubSystem $Arguments }
		'ModifyResourceSettings' { Set-StubResource $Arguments }
		'AddResourceSettings' { Add-StubResource $Arguments }
		'AddBootSourceSettings' { Add-StubBootSource $Arguments }
		'SetGuestNetworkAdapterConfiguration' { Set-StubGuestNetwork $Arguments }
	}
	$TheHost.Calls++
	if ($TheHost.Calls % 2 -eq 0) {
		$id = 'job' + $TheHost.Calls
		$TheHost.Jobs[$id] = 0
		return New-Object PSObject -Property @{ ReturnValue = 4096; Job = (New-StubInstance 'Msvm_ConcreteJob' @{ InstanceID = $id } $null) }
	}
	return New-Object PSObject -Property @{ ReturnValue = 0; Job = $null }
}
