# --- One after the other --------------------------------------------------------------------------------------------

function Undo-Steps {
	$left = @()
	while ($Undo.Count -gt 0) {
		$entry = $Undo.Pop()
		try {
			& ($entry.Do) $entry.With
		} catch {
			$left += ('{0} ({1})' -f $entry.What, $_.Exception.Message)
		}
	}
	return , $left
}

function New-Result($Machine, [bool]$Created, $Differences) {
	$id = $null
	if ($null -ne $Machine) {
		$id = $Machine.Id
	}
	return New-Object PSObject -Property @{
		Name = $State.Name
		Id = $id
		Created = $Created
		Exists = ($null -ne $State.Existing)
		Problems = $Problems.ToArray()
		Warnings = $Warnings.ToArray()
		Changes = $Done.ToArray()
		Differences = @($Differences)
	}
}

if (-not [IO.Path]::IsPathRooted($DiskFolder)) {
	$DiskFolder = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($DiskFolder)
}
Test-Everything

if ($Problems.Count -gt 0) {
	foreach ($problem in $Problems) {
		Write-Failure $problem
	}
	New-Result $null $false @()
	exit 2
}

if (($null -ne $State.Existing) -or $CheckOnly) {
	$differences = @()
	if ($null -ne $State.Existing) {
		$State.Vm = $State.Existing
		$differences = @(Get-Differences $State.Existing | ForEach-Object { $_.What })
		Write-Verbose 'the VM is there already'
	}
	foreach ($difference in $differences) {
		Write-Warning $difference
	}
}

if (($null -eq $State.Existing) -and -not $CheckOnly) {
	$failure = $null
	$left = @()
	$now = ''
	try {
		Add-Steps
		foreach ($step in $Steps) {
			$now = $step.What
			if ($PSCmdlet.ShouldProcess((Format-Text $State.Name), (Format-Text $now))) {
				& ($step.Do) $step.With
				[void]$Done.Add((Format-Text $now))
			} elseif (-not $WhatIfPreference) {
				throw 'it was declined'
			}
		}
		$State.IsWhole = $true
	} catch {
		$failure = $_
	} finally {
		if (-not $State.IsWhole) {
			$left = Undo-Steps
		}
	}
	if ($null -ne $failure) {
		Write-Failure ("'{0}' failed: {1}" -f $now, $failure.Exception.Message)
		if ($left.Count -gt 0) {
			Write-Failure ('what could not be taken back: {0}' -f ($left -join '; '))
			exit 3
		}
		exit 1
	}
	$differences = @()
	if (-not $WhatIfPreference -and -not $Start) {
		Show-GuestNetwork
	}
}

$code = 0
if ($Start -and -not $CheckOnly -and $PSCmdlet.ShouldProcess((Format-Text $State.Name), 'start the VM')) {
	try {
		Start-Machine
	} catch {
		Write-Failure ('the VM is made, but: {0}' -f $_.Exception.Message)
		$code = 4
	}
}
New-Result $State.Vm ($Done.Count -gt 0) $differences
exit $code
