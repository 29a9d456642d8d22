# SPDX-License-Identifier: GPL-3.0-or-later
# Names full of what ends a string, begins a command or turns a line arrive on the host as they are in the configuration.
. ([IO.Path]::Combine($PSScriptRoot, 'harness.ps1'))
$Name = [IO.File]::ReadAllText([IO.Path]::Combine($env:SCRIPTS, 'hostile.txt'))
Use-Version '2025'

$state = Get-HostState @{ Switches = @($Name, 'LAN') }
$state.Files["D:\$Name.iso"] = $null
Set-StubHost $state
$run = Invoke-Script 'hostile'
Test-Same $run.Code 0 "exit status ($($run.Errors))"
$machine = Get-TheMachine $run
Test-Same $machine.Name $Name 'name'
Test-Same $machine.Notes $Name 'notes'
Test-Same $machine.Adapters[0].Switch $Name 'switch'
Test-Same $machine.Dvds[0] "0:3 D:\$Name.iso" 'image'
Test-Same $machine.Com[0] "\\.\pipe\$Name" 'pipe'
Test-Same $machine.Adapters[0].Name $Name 'adapter'
Test-Same $machine.Identity.ChassisAssetTag $Name.Replace([string][char]0x1b, '\u001B') 'asset tag'
$shown = ($run.Result.Changes + $run.Result.Warnings) -join ''
Test-True (-not ($shown -match '[\x00-\x1f\u202e\u2066]')) 'what is shown turns nothing'
Set-StubHost (Get-HostState)
$run = Invoke-Script 'named'
Test-Same (Get-TheMachine $run).Name $Name '--name'

# As long as anyone likes, and all of it line ends.
$long = "`n" * 20000
$text = [IO.File]::ReadAllText((Get-Script 'sample'))
$parts = @(1..200 | ForEach-Object { '(' + "''" + (' + [char]0x000A' * 100) + ')' }) -join ', '
$text = $text.Replace("Notes = 'Owner: infrastructure team'", "Notes = (-join ($parts))")
[IO.File]::WriteAllText((Get-Script 'long'), $text)
Set-StubHost (Get-HostState)
$run = Invoke-Script 'long'
Test-Same $run.Code 0 'exit status with long notes'
Test-True ((Get-TheMachine $run).Notes -ceq $long) 'long notes'
Complete-Test
