#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion: every long option of every verb in each shell, and the values that the program takes and no other. bash and fish are
# asked, zsh reads its file.
. "$(dirname "$0")/lib.sh"
files=$BUILD_DIR/completion

# What bash would offer for "hvgen2 WORD..." whose last word is being typed.
. "$files/hvgen2.bash"
offer() {
	COMP_WORDS=(hvgen2 "$@") COMP_CWORD=$#
	_hvgen2
	printf '%s\n' "${COMPREPLY[@]}"
}
has() { # WORD, in the lines of standard input
	grep -Fxe "$1" >/dev/null
}

verbs=$("$HVGEN2" --help | awk '/^Verbs:/ { on = 1; next } on && /^  / { print $1 } on && /^$/ { exit }')
[ "$(wc -w <<<"$verbs")" -ge 5 ] || fail "verbs: $verbs"
for verb in $verbs; do
	offer '' | has "$verb" || fail "bash does not offer '$verb'"
	options=$("$HVGEN2" help "$verb" | sed -n 's/^  \(-., \|    \)--\([a-z0-9-]*\).*/\2/p')
	[ -n "$options" ] || fail "$verb has no options"
	offered=$(offer "$verb" --)
	in_zsh=$(awk -v verb="$verb" '$0 == verb ")" { on = 1 } $0 == "\t;;" { on = 0 } on' "$files/hvgen2.zsh")
	in_fish=$(grep "seen_subcommand_from $verb'" "$files/hvgen2.fish")
	for option in $options; do
		[[ $'\n'$offered$'\n' == *$'\n'--$option$'\n'* ]] || fail "bash does not offer '$verb --$option'"
		[[ $in_zsh =~ --$option[=\[\'{,\)] ]] || fail "zsh lacks '$verb --$option'"
		[[ "$in_fish"$'\n' =~ \ -l\ $option[[:space:]] ]] || fail "fish lacks '$verb --$option'"
	done
	"$HVGEN2" help "$verb" | grep -E '^  (-|    --)' | wc -l >count
	[ "$(wc -l <<<"$offered")" -eq "$(cat count)" ] || fail "bash offers more options of '$verb' than there are"
done

# Words that the program takes, and all of them.
values=0
for verb in $verbs; do
	for option in $(offer "$verb" --); do
		wanted=$("$HVGEN2" "$verb" "$option=/dev/null/?" /dev/null/? 2>&1 | sed -n "s/.* is none of //p" | tr -d , | sed 's/ and / /' || true)
		[ -n "$wanted" ] || continue
		[ "$(offer "$verb" "$option" '' | xargs)" = "$wanted" ] || fail "$verb $option: $(offer "$verb" "$option" '' | xargs)"
		[ "$(offer "$verb" "$option" = '' | xargs)" = "$wanted" ] || fail "$verb $option="
		values=$((values + 1))
	done
done
[ $values -ge 7 ] || fail "only $values options with values"
[ "$(offer convert --format dyn)" = dynamic ] || fail "convert --format dyn"
offer nvram '' | has add-file || fail "bash does not offer 'nvram add-file'"
offer bcd '' | has check || fail "bash does not offer 'bcd check'"
touch disk.vhdx
mkdir folder
[ "$(offer convert -o disk)" = disk.vhdx ] || fail "no files for 'convert -o'"
[ "$(offer convert --output-dir '')" = folder ] || fail "files for 'convert --output-dir'"
mkdir -p 'My VMs/Virtual Hard Disks'
for typed in My 'My\ V' '"My V' "'My V"; do
	[ "$(offer inspect "$typed")" = 'My VMs' ] || fail "names with blanks: $(offer inspect "$typed")"
	[ "$(offer convert --output-dir "$typed")" = 'My VMs' ] || fail "folders with blanks: $(offer convert --output-dir "$typed")"
done
[ "$(offer convert -o 'My VMs/V')" = 'My VMs/Virtual Hard Disks' ] || fail "$(offer convert -o 'My VMs/V')"
rm -r 'My VMs'
[ -z "$(offer convert --esp-size '')" ] || fail "files for 'convert --esp-size'"

# The same file whichever awk the machine has.
for awk in mawk gawk original-awk; do
	command -v $awk >/dev/null || continue
	for shell in bash zsh fish; do
		$awk -F '\t' -v verbs="$files/verbs" -v actions="$files/actions" -f "$SOURCE_DIR/completion/$shell.awk" "$files/options" |
			cmp - "$files/hvgen2.$shell" || fail "$awk makes another file for $shell"
	done
done

command -v zsh >/dev/null && { zsh -n "$files/hvgen2.zsh" || fail "zsh does not read its file"; }
if command -v fish >/dev/null; then
	export HOME=$work
	fish -c "source '$files/hvgen2.fish'; complete -C 'hvgen2 convert --format dy'" >fish.txt
	grep '^dynamic' fish.txt >/dev/null || fail "fish: $(cat fish.txt)"
	fish -c "source '$files/hvgen2.fish'; complete -C 'hvgen2 nvram --exp'" >fish.txt
	grep -e '^--experimental' fish.txt >/dev/null || fail "fish: $(cat fish.txt)"
fi
