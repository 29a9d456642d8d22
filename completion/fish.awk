# SPDX-License-Identifier: GPL-3.0-or-later
# The completion for fish: see generate.sh.
function quoted(text) {
	gsub(/['\\]/, "", text)
	return "'" text "'"
}
BEGIN {
	print "# fish completion for hvgen2, made from its tables of options"
	print "complete -c hvgen2 -n __fish_use_subcommand -l help -d 'How it is used'"
	print "complete -c hvgen2 -n __fish_use_subcommand -l version -d 'Its version'"
	print "complete -c hvgen2 -n __fish_use_subcommand -f -a help -d 'The options of a verb'"
	while ((getline line < verbs) > 0) {
		split(line, field, "\t")
		all = all " " field[1]
		print "complete -c hvgen2 -n __fish_use_subcommand -f -a " field[1] " -d " quoted(field[2])
	}
	print "complete -c hvgen2 -n '__fish_seen_subcommand_from help' -f -a '" substr(all, 2) "'"
	while ((getline line < actions) > 0) {
		split(line, field, "\t")
		print "complete -c hvgen2 -n '__fish_seen_subcommand_from " field[1] "; and test (count (commandline -opc)) -eq 2' -a " field[2]
	}
}
{
	line = "complete -c hvgen2 -n '__fish_seen_subcommand_from " $1 "'" ($2 != "-" ? " -s " $2 : "") " -l " $3
	if ($6 != "")
		line = line " -x -a '" $6 "'"
	else if ($4 == "DIR")
		line = line " -x -a '(__fish_complete_directories)'"
	else if ($4 ~ /^(PATH|FILE|DISK|STORE)$/)
		line = line " -r -F"
	else if ($4 != "-")
		line = line " -x"
	print line " -d " quoted($5)
}
