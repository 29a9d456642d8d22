#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion for bash, zsh and fish out of the program's own tables of options: generate.sh HVGEN2 FOLDER.
# What an option may be, the program says itself when it is given something else ("is none of dynamic, fixed, ...").
set -eu
export LC_ALL=C COLUMNS=1000
hvgen2=$1 folder=$2
tab=$(printf '\t')

# "verb <tab> what it does"
"$hvgen2" --help | awk '/^Verbs:/ { on = 1; next } on && /^  [a-z]/ { verb = $1; sub(/^ +[a-z]+ +/, ""); print verb "\t" $0; next } on { exit }' \
	>"$folder/verbs"

# "verb <tab> what can stand first behind it"
list_actions() { # VERB
	case $1 in
	bcd | batch) "$hvgen2" help "$1" | awk '/^  [a-z]+  / { print $1 }' ;;
	nvram) "$hvgen2" help nvram | awk '/^Actions:/ { on = 1; next } on && /^  [a-z]/ { print $1 } on && /^$/ { exit }' | uniq ;;
	esac
}

# The values of an option, when it has such. No file is or can be called so.
list_values() { # VERB OPTION
	"$hvgen2" "$1" "--$2=/dev/null/?" "/dev/null/?" 2>&1 >/dev/null | sed -n "s,^hvgen2: option '--$2': '.*' is none of ,,p" |
		sed 's/,//g; s/ and / /'
}

# "verb <tab> short <tab> long <tab> argument <tab> text <tab> values": the options of each verb.
while IFS=$tab read -r verb text; do
	list_actions "$verb" | while read -r action; do
		printf '%s\t%s\n' "$verb" "$action"
	done >>"$folder/actions.new"
	"$hvgen2" help "$verb" | awk -v verb="$verb" '
		/^Options:/ { on = 1; next }
		on && /^$/ { exit }
		!on || !/^  (-|    --)/ { next }
		{
			short = ""; line = $0; sub(/^ +/, "", line)
			if (match(line, /^-[a-z], /)) { short = substr(line, 2, 1); line = substr(line, 5) }
			long = line; sub(/^--/, "", long); sub(/[ ].*/, "", long)
			rest = substr(line, 3 + length(long)); argument = "-"
			if (match(rest, /^ [A-Z=]+/)) { argument = substr(rest, 2, RLENGTH - 1); rest = substr(rest, RLENGTH + 1) }
			sub(/^ +/, "", rest); sub(/^[A-Za-z, -]+: /, "", rest); sub(/[:;,(].*/, "", rest); sub(/ +$/, "", rest); gsub(/[^A-Za-z0-9 .,-]/, "", rest)
			print verb "\t" (short ? short : "-") "\t" long "\t" argument "\t" (rest ? rest : long)
		}'
done <"$folder/verbs" >"$folder/options.new"
while IFS=$tab read -r verb short long argument text; do
	values=
	[ "$argument" = - ] || values=$(list_values "$verb" "$long")
	[ -z "$values" ] || text=$(echo "$long" | tr - ' ')
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$verb" "$short" "$long" "$argument" "$text" "$values"
done <"$folder/options.new" >"$folder/options"
mv "$folder/actions.new" "$folder/actions"
rm "$folder/options.new"
[ -s "$folder/options" ] || { echo "completion: the program lists no options" >&2; exit 1; }

for shell in bash zsh fish; do
	awk -F "$tab" -v verbs="$folder/verbs" -v actions="$folder/actions" -f "$(dirname "$0")/$shell.awk" "$folder/options" \
		>"$folder/hvgen2.$shell.new"
	mv "$folder/hvgen2.$shell.new" "$folder/hvgen2.$shell"
done
