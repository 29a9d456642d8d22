# --- WMI ------------------------------------------------------------------------------------------------------------

# By its id alone: a name in a query could be a query.
function Get-ComputerSystem([guid]$Id) {
	return @(Get-CimInstance -Namespace $Namespace -ClassName Msvm_ComputerSystem -Filter ("Name = '{0}'" -f $Id))[0]
}

function Get-SettingData([guid]$Id) {
	return @(Get-CimAssociatedInstance -InputObject (Get-ComputerSystem $Id) -Association Msvm_SettingsDefineState `
		-ResultClassName Msvm_VirtualSystemSettingData)[0]
}

function ConvertTo-CimValue($Value) {
	$culture = [Globalization.CultureInfo]::InvariantCulture
	if ($Value -is [bool]) {
		return ([string]$Value).ToLowerInvariant()
	}
	if ($Value -is [DateTime]) {
		return $Value.ToUniversalTime().ToString('yyyyMMddHHmmss.ffffff', $culture) + '+000'
	}
	if ($Value -is [TimeSpan]) {
		return [string]::Format($culture, '{0:00000000}{1:00}{2:00}{3:00}.{4:000}000:000', $Value.Days, $Value.Hours,
			$Value.Minutes, $Value.Seconds, $Value.Milliseconds)
	}
	return [Security.SecurityElement]::Escape([Convert]::ToString($Value, $culture))
}

function ConvertTo-CimProperty([string]$Name, [string]$Type, $Value) {
	if ($Type -like '*Array') {
		$values = @($Value | ForEach-Object { '<VALUE>{0}</VALUE>' -f (ConvertTo-CimValue $_) }) -join ''
		return '<PROPERTY.ARRAY NAME="{0}" TYPE="{1}"><VALUE.ARRAY>{2}</VALUE.ARRAY></PROPERTY.ARRAY>' -f $Name,
			$Type.Substring(0, $Type.Length - 5).ToLowerInvariant(), $values
	}
	return '<PROPERTY NAME="{0}" TYPE="{1}"><VALUE>{2}</VALUE></PROPERTY>' -f $Name, $Type.ToLowerInvariant(),
		(ConvertTo-CimValue $Value)
}

# Char of XML 1.0: a VM may have a name that no XML can hold, and which stays as it is when it is left out.
function Test-XmlText($Value) {
	return -not (($Value -is [string]) -and ($Value -match '[\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]'))
}

# An instance, changed, as the text that methods of Hyper-V take.
function ConvertTo-CimText($Instance, [hashtable]$Changes) {
	$text = New-Object System.Text.StringBuilder
	$names = @()
	[void]$text.AppendFormat('<INSTANCE CLASSNAME="{0}">', $Instance.CimClass.CimClassName)
	foreach ($property in $Instance.CimInstanceProperties) {
		$type = [string]$property.CimType
		$value = $property.Value
		$names += $property.Name
		if ($Changes.ContainsKey($property.Name)) {
			$value = $Changes[$property.Name]
		} elseif (-not (Test-XmlText $value)) {
			continue
		}
		if (($null -ne $value) -and ($type -notlike 'Reference*') -and ($type -notlike 'Instance*')) {
			[void]$text.Append((ConvertTo-CimProperty $property.Name $type $value))
		}
	}
	foreach ($key in $Changes.Keys) {
		if ($names -notcontains $key) {
			throw ('this host knows no {0} in {1}' -f $key, $Instance.CimClass.CimClassName)
		}
	}
	[void]$text.Append('</INSTANCE>')
	return $text.ToString()
}

function Wait-HostJob($Job) {
	$Job = Get-CimInstance -InputObject $Job
	while ($Job.JobState -lt 7) {
		Start-Sleep -Milliseconds 100
		$Job = Get-CimInstance -InputObject $Job
	}
	if ($Job.JobState -ne 7) {
		throw ('the host says: {0}' -f $Job.ErrorDescription)
	}
}

function Invoke-Management([string]$Method, [hashtable]$Arguments) {
	$service = @(Get-CimInstance -Namespace $Namespace -ClassName Msvm_VirtualSystemManagementService)[0]
	$result = Invoke-CimMethod -InputObject $service -MethodName $Method -Arguments $Arguments
	if ($result.ReturnValue -eq 4096) {
		Wait-HostJob $result.Job
	} elseif ($result.ReturnValue -ne 0) {
		throw ('{0} returns {1}' -f $Method, $result.ReturnValue)
	}
}

function Set-SettingData([hashtable]$Changes) {
	$data = Get-SettingData $State.Vm.Id
	Invoke-Management 'ModifySystemSettings' @{ SystemSettings = (ConvertTo-CimText $data $Changes) }
}

