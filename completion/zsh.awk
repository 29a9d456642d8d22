# SPDX-License-Identifier: GPL-3.0-or-later
# The completion for zsh: see generate.sh.
function read_lists(    line, field) {
	while ((getline line < verbs) > 0) {
		split(line, field, "\t")
		gsub(/[^A-Za-z0-9 .,-]/, "", field[2])
		all = all " '" field[1] ":" field[2] "'"
	}
	while ((getline line < actions) > 0) { split(line, field, "\t"); first[field[1]] = first[field[1]] " " field[2] }
}
function argument() {
	if ($4 == "-")
		return ""
	if ($6 != "")
		return ":" $4 ":(" $6 ")"
	if ($4 == "DIR")
		return ":" $4 ":_files -/"
	return ":" $4 ":" ($4 ~ /^(PATH|FILE|DISK|STORE)$/ ? "_files" : " ")
}
BEGIN {
	read_lists()
	print "#compdef hvgen2"
	print "# zsh completion for hvgen2, made from its tables of options"
	print "local -a verbs"
	print "verbs=(" substr(all, 2) ")"
	print "if (( CURRENT == 2 )); then"
	print "\t_describe verb verbs"
	print "\t_arguments '--help[how it is used]' '--version[its version]'"
	print "\treturn"
	print "fi"
	print "case $words[2] in"
	print "help) _describe verb verbs ;;"
}
$1 != verb {
	if (verb != "")
		print "\t;;"
	verb = $1
	print verb ")"
	print "\tshift words\n\t(( CURRENT-- ))"
	printf "\t_arguments -S"
	printf first[verb] != "" ? " '1:action:(" substr(first[verb], 2) ")' '*:file:_files'" : " '*:file:_files'"
}
{
	text = "[" $5 "]"
	printf " \\\n\t\t"
	if ($2 != "-")
		printf "'(-%s --%s)'{-%s%s,--%s%s}'%s%s'", $2, $3, $2, $4 == "-" ? "" : "+", $3, $4 == "-" ? "" : "=", text, argument()
	else
		printf "'%s--%s%s%s%s'", $3 ~ /^(parent|parent-dir|map|without-disk|switch|bridge|vlan)$/ ? "*" : "", $3, $4 == "-" ? "" : "=", text, argument()
}
$1 != last { last = $1 }
END { print "\n\t;;\nesac" }
