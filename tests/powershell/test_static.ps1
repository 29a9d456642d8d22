# SPDX-License-Identifier: GPL-3.0-or-later
# Emitted scripts, as PowerShell's own parser sees them: what a configuration holds is data, and nothing in the script is newer
# than the oldest host.
. ([IO.Path]::Combine($PSScriptRoot, 'harness.ps1'))
$Facts = ConvertFrom-Json ([IO.File]::ReadAllText([IO.Path]::Combine($PSScriptRoot, 'Hyper-V', 'cmdlets.json'))) -AsHashtable

# Cmdlets that are no one's but PowerShell's, on every host.
$Usual = 'Add-Member', 'ForEach-Object', 'Get-CimAssociatedInstance', 'Get-CimClass', 'Get-CimInstance', 'Get-Command', 'Get-Date',
	'Invoke-CimMethod', 'New-CimInstance', 'New-Object', 'Set-StrictMode', 'Sort-Object', 'Start-Sleep', 'Test-Path', 'Where-Object',
	'Write-Error', 'Write-Verbose', 'Write-Warning'
# Of later versions than 4.0, and what could take data for code or ask someone.
$TooNew = 'TernaryExpressionAst', 'PipelineChainAst', 'TypeDefinitionAst', 'UsingStatementAst', 'UsingExpressionAst',
	'ExpandableStringExpressionAst', 'DynamicKeywordStatementAst', 'ConfigurationDefinitionAst'

$NewTokens = 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd', 'OrOr'

# All nodes of a script by their kind, found once: a script has ten thousand.
function Get-Nodes($Ast) {
	$nodes = @{}
	foreach ($node in $Ast.FindAll({ $true }, $true)) {
		$type = $node.GetType().Name
		if (-not $nodes.ContainsKey($type)) {
			$nodes[$type] = New-Object System.Collections.ArrayList
		}
		[void]$nodes[$type].Add($node)
	}
	return $nodes
}

function Find-Ast($Nodes, [string]$Type) {
	if ($Nodes.ContainsKey($Type)) {
		return $Nodes[$Type].ToArray()
	}
}

# All of $Plan: keys that are words, texts in single quotes, numbers, $true, $false, $null, characters by number, and joins of these.
function Test-Data($Node, [string]$Where) {
	$holds = switch ($Node.GetType().Name) {
		'StringConstantExpressionAst' { @('SingleQuoted', 'BareWord') -contains [string]$Node.StringConstantType }
		'ConstantExpressionAst' { ($Node.Value -is [int]) -or ($Node.Value -is [long]) }
		'VariableExpressionAst' { @('true', 'false', 'null') -contains $Node.VariablePath.UserPath }
		'ConvertExpressionAst' { $Node.Type.TypeName.Name -eq 'char' }
		'BinaryExpressionAst' { [string]$Node.Operator -eq 'Plus' }
		'UnaryExpressionAst' { [string]$Node.TokenKind -eq 'Join' }
		'TypeConstraintAst' { $Node.TypeName.Name -eq 'char' }
		default { @('HashtableAst', 'ArrayExpressionAst', 'ArrayLiteralAst', 'ParenExpressionAst', 'StatementBlockAst', 'PipelineAst',
				'CommandExpressionAst') -contains $_ }
	}
	if (-not $holds) {
		Test-True $false "${Where}: $($Node.GetType().Name) in the data: $($Node.Extent.Text.Substring(0, [Math]::Min(60, $Node.Extent.Text.Length)))"
	}
}

function Test-Plan($Nodes, [string]$Name) {
	$plans = @(Find-Ast $Nodes 'AssignmentStatementAst' | Where-Object { $_.Left.Extent.Text -eq '$Plan' })
	Test-Same $plans.Count 1 "${Name}: literals that are `$Plan"
	$data = @($plans[0].Right.FindAll({ $true }, $true))
	Test-True ($data.Count -gt 0) "${Name}: data"
	foreach ($node in $data) {
		Test-Data $node $Name
	}
	return $plans[0]
}

function Test-Command($Command, [hashtable]$Own, [string]$Name) {
	$called = $Command.GetCommandName()
	if ($null -eq $called) {
		# Steps of the script, which are its own script blocks.
		Test-True (@('($step.Do)', '($entry.Do)') -contains $Command.CommandElements[0].Extent.Text) "${Name}: $($Command.Extent.Text)"
		return
	}
	$isKnown = $Facts.cmdlets.ContainsKey($called)
	Test-True ($isKnown -or $Own.ContainsKey($called) -or ($Usual -contains $called)) "${Name}: the command '$called'"
	if (-not $isKnown) {
		return
	}
	$parameters = @($Command.CommandElements | Where-Object { $_.GetType().Name -eq 'CommandParameterAst' })
	foreach ($parameter in $parameters) {
		Test-True ($Facts.cmdlets[$called].parameters.Contains($parameter.ParameterName) -or ($parameter.ParameterName -eq 'Confirm')) "${Name}: $called -$($parameter.ParameterName)"
	}
	# A name is a pattern to Hyper-V.
	foreach ($parameter in 'VMName', 'SwitchName') {
		Test-True (@($parameters | ForEach-Object { $_.ParameterName }) -notcontains $parameter) "${Name}: $called by name"
	}
}

foreach ($script in [IO.Directory]::GetFiles($env:SCRIPTS, '*.ps1')) {
	$name = [IO.Path]::GetFileName($script)
	$bytes = [IO.File]::ReadAllBytes($script)
	Test-True (($bytes[0] -eq 0xef) -and ($bytes[1] -eq 0xbb) -and ($bytes[2] -eq 0xbf)) "${name}: byte order mark"
	$errors = $null
	$tokens = $null
	$ast = [Management.Automation.Language.Parser]::ParseFile($script, [ref]$tokens, [ref]$errors)
	Test-Same $errors.Count 0 "${name}: errors ($($errors | Select-Object -First 1))"
	$nodes = Get-Nodes $ast
	$plan = Test-Plan $nodes $name
	$needs = $ast.ScriptRequirements
	Test-Same $needs.RequiredPSVersion '4.0' "${name}: version"
	Test-Same $needs.RequiredModules[0].Name 'Hyper-V' "${name}: module"
	Test-True $needs.IsElevationRequired "${name}: elevation"
	foreach ($type in $TooNew) {
		Test-Same @(Find-Ast $nodes $type).Count 0 "${name}: $type"
	}
	$bad = @($tokens | Where-Object { $NewTokens -contains [string]$_.Kind } | ForEach-Object { $_.Text })
	Test-Same ($bad -join ' ') '' "${name}: tokens of later versions"
	# Text of the VM stands in no comment, for none stands within the data.
	$bad = @($tokens | Where-Object { ([string]$_.Kind -eq 'Comment') -and ($_.Extent.StartOffset -ge $plan.Extent.StartOffset) -and ($_.Extent.StartOffset -le $plan.Extent.EndOffset) })
	Test-Same $bad.Count 0 "${name}: comments within the data"
	$own = @{}
	foreach ($function in (Find-Ast $nodes 'FunctionDefinitionAst')) {
		$own[$function.Name] = $true
		Test-True ($null -eq (Get-Command $function.Name -CommandType Cmdlet -ErrorAction SilentlyContinue)) "${name}: $($function.Name) is a cmdlet already"
	}
	foreach ($command in (Find-Ast $nodes 'CommandAst')) {
		Test-Command $command $own $name
	}
}

# The judge itself: what must not pass.
foreach ($bad in 'iex 1', 'Remove-Item x', '$(1)', '"$x"', 'Get-VM -VMName x') {
	$before = $Failures.Count
	$ast = [Management.Automation.Language.Parser]::ParseInput('$Plan = @{ A = ' + $bad + ' }', [ref]$null, [ref]$null)
	[void](Test-Plan (Get-Nodes $ast) "bad '$bad'" 6>$null)
	$caught = $Failures.Count - $before
	while ($Failures.Count -gt $before) {
		$Failures.RemoveAt($before)
	}
	Test-True ($caught -gt 0) "the judge lets '$bad' pass"
}
Complete-Test
