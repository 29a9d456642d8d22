# SPDX-License-Identifier: GPL-3.0-or-later
# The completion for bash: see generate.sh.
function read_lists(    line, field) {
	while ((getline line < verbs) > 0) { split(line, field, "\t"); all = all " " field[1] }
	while ((getline line < actions) > 0) { split(line, field, "\t"); first[field[1]] = first[field[1]] " " field[2] }
}
# Not in the order of awk's own tables, which is another one in each awk.
function print_cases(    n, order, i, verb) {
	n = split(all, order, " ")
	for (i = 1; i <= n; i++)
		if ((verb = order[i]) in options)
			print "\t\t-*:" verb ") words='" substr(options[verb], 2) "' ;;"
	for (i = 1; i <= n; i++)
		if ((verb = order[i]) in first)
			print "\t\t*:" verb ") [ \"$COMP_CWORD\" -ne 2 ] || words='" substr(first[verb], 2) "' ;;"
}
BEGIN {
	read_lists()
	print "# bash completion for hvgen2, made from its tables of options"
	print "# A line is a name, blanks and all; bash quotes it. What is typed may be quoted already."
	print "_hvgen2_names()\n{"
	print "\tlocal typed=$2"
	print "\tcase $typed in"
	print "\t[\\\"\\']*) typed=${typed#?} ;;"
	print "\t*) typed=${typed//\\\\/} ;;"
	print "\tesac"
	print "\tcompopt -o filenames 2>/dev/null"
	print "\tmapfile -t COMPREPLY < <(compgen \"$1\" -- \"$typed\")"
	print "}"
	print "_hvgen2()\n{"
	print "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} words="
	print "\tCOMPREPLY=()"
	print "\t[ \"$word\" != = ] || word="
	print "\t[ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}"
	print "\t[ \"${COMP_WORDS[COMP_CWORD]}\" != = ] || before=${COMP_WORDS[COMP_CWORD - 1]}"
	print "\tif [ \"$COMP_CWORD\" -eq 1 ]; then"
	print "\t\twords='--help --version help" all "'"
	print "\telif [ \"$verb\" = help ]; then"
	print "\t\twords='" substr(all, 2) "'"
	print "\telse"
	print "\t\tcase $verb:$before in"
}
{
	options[$1] = options[$1] " --" $3 ($2 != "-" ? " -" $2 : "")
	pattern = $1 ":--" $3 ($2 != "-" ? " | " $1 ":-" $2 : "")
	if ($6 != "")
		print "\t\t" pattern ")\n\t\t\tCOMPREPLY=($(compgen -W '" $6 "' -- \"$word\"))\n\t\t\treturn\n\t\t\t;;"
	else if ($4 == "DIR")
		print "\t\t" pattern ")\n\t\t\t_hvgen2_names -d \"$word\"\n\t\t\treturn\n\t\t\t;;"
	else if ($4 ~ /^(PATH|FILE|DISK|STORE)$/)
		print "\t\t" pattern ")\n\t\t\t_hvgen2_names -f \"$word\"\n\t\t\treturn\n\t\t\t;;"
	else if ($4 != "-")
		print "\t\t" pattern ")\n\t\t\treturn\n\t\t\t;;"
}
END {
	print "\t\tesac"
	print "\t\tcase $word:$verb in"
	print_cases()
	print "\t\tesac"
	print "\tfi"
	print "\tif [ -n \"$words\" ]; then"
	print "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))"
	print "\telse"
	print "\t\t_hvgen2_names -f \"$word\""
	print "\tfi"
	print "}"
	print "complete -F _hvgen2 hvgen2"
}
