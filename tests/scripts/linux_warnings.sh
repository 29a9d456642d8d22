#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# linux_warnings.sh: every warning about a Linux guest is looked for in a test. The texts are those that note_add() gets, and the reasons
# behind their colons (why_no_secure_boot, why_not()), read after the preprocessor. Of each, a test is to have 20 characters in a row
# from the beginning of a word on, between what the format puts in, that no other text of the program has: in a script that CTest runs, where a line that begins with '!'
# does not count, or in a literal of a C test. Whoever finds another way to warn has to teach it to this script.
#
# Environment: SOURCE_DIR, BUILD_DIR, CC.
set -euo pipefail
export LC_ALL=C
cd "$SOURCE_DIR"
work=$(mktemp -d "$BUILD_DIR/warnings.XXXXXX")
trap 'rm -rf "$work"' EXIT
least=20

# Each literal of C on standard input, those that stand together as one.
literals_of() {
	awk '
	function flush() {
		gsub(/\\n/, " ", joined)
		gsub(/\\"/, "\"", joined)
		gsub(/\\\\/, "\\", joined)
		if (joined != "") print joined
		joined = ""
	}
	{
		for (s = $0; match(s, /"([^"\\]|\\.)*"|\047([^\047\\]|\\.)*\047/); s = substr(s, RSTART + RLENGTH)) {
			if (substr(s, 1, RSTART - 1) ~ /[^ \t]/) flush()
			if (substr(s, RSTART, 1) == "\"") joined = joined substr(s, RSTART + 1, RLENGTH - 2)
		}
		if (s !~ /^[ \t]*\\?$/) flush()
	}
	END { flush() }'
}

# The texts of warnings in preprocessed C on standard input: '+' and the text, or '?' and the arguments that are not understood.
texts_of() {
	awk -v least=$least '
	{ text = text $0 "\n" }

	# The length of the token that a text begins with: a literal, or one character.
	function token(s) { return match(s, /^"([^"\\]|\\.)*"/) || match(s, /^\047([^\047\\]|\\.)*\047/) ? RLENGTH : 1 }

	# What stands in the parentheses of a call, from behind the first one on.
	function arguments(s,    depth, done, t) {
		for (depth = 1; s != "" && depth > 0; s = substr(s, length(t) + 1)) {
			t = substr(s, 1, token(s))
			if (t == "(") depth++
			if (t == ")") depth--
			if (depth > 0) done = done t
		}
		return done
	}

	# Has it a piece of that length without what a format puts in?
	function is_text(s,    pieces, i, n) {
		n = split(s, pieces, /%[-0-9.*]*[hlz]*[a-z]/)
		for (i = 1; i <= n; i++)
			if (length(pieces[i]) >= least) return 1
		return 0
	}
	function emit(s) {
		gsub(/\\n/, " ", s)
		gsub(/\\"/, "\"", s)
		gsub(/\\\\/, "\\", s)
		print "+" s
		found++
	}
	function emit_all(s,    t, joined) {
		for (found = 0; s != ""; s = substr(s, length(t) + 1)) {
			t = substr(s, 1, token(s))
			if (t !~ /^"/ || length(t) < 2) {
				if (t ~ /^[ \t\n]$/) continue
				if (joined != "" && is_text(joined)) emit(joined)
				joined = ""
			} else
				joined = joined substr(t, 2, length(t) - 2)
		}
		if (joined != "" && is_text(joined)) emit(joined)
	}
	function calls(name, first,    s, args, list) {
		for (s = text; match(s, "[^a-z_]" name "\\("); ) {
			s = substr(s, RSTART + RLENGTH)
			args = arguments(s)
			list = substr(args, 1, index(args, ",") - 1)
			if (list ~ /^const |^struct /) continue
			if (first != "" && list !~ first) continue
			emit_all(args)
			gsub(/[ \t\n]+/, " ", args)
			if (!found && (first != "" || list ~ /warnings/)) print "?" args
		}
	}

	END {
		calls("note_add", "")
		calls("snprintf", "why_no")
		if (match(text, "const char \\*why_not\\(")) {
			text = substr(text, RSTART)
			emit_all(substr(text, 1, index(text, "\n}")))
		}
	}'
}

# The texts that no test has. The windows of all of them are looked for in the tests at once; awk sees the lines that have one.
untested() { # TEXTS PROGRAM TESTS
	awk -v least=$least '
	{
		n = split($0, pieces, /%[-0-9.*]*[hlz]*[a-z]/)
		for (i = 1; i <= n; i++)
			for (at = 1; at <= length(pieces[i]) - least + 1; at++) print substr(pieces[i], at, least)
	}' "$1" | sort -u >"$work/windows"
	{ grep -F -f "$work/windows" "$3" || true; } >"$work/lines"
	{ grep -F -f "$work/windows" "$2" || true; } >"$work/literals"
	awk -v least=$least '
	FILENAME == ARGV[1] { lines = lines $0 "\n"; next }
	FILENAME == ARGV[2] { literals[$0]; next }

	function is_of_others(s,    literal) {
		for (literal in literals)
			if (literal != $0 && index(literal, s)) return 1
		return 0
	}
	function is_tested(    pieces, i, n, at, window) {
		n = split($0, pieces, /%[-0-9.*]*[hlz]*[a-z]/)
		for (i = 1; i <= n; i++)
			for (at = 1; at <= length(pieces[i]) - least + 1; at++) {
				if (at > 1 && substr(pieces[i], at - 1, 1) ~ /[A-Za-z0-9]/) continue
				window = substr(pieces[i], at, least)
				if (index(lines, window) && !is_of_others(window)) return 1
			}
		return 0
	}
	!is_tested()' "$work/lines" "$work/literals" "$1"
}

# What a script says, its lines joined, without comments and what is not to be there.
script_text() { # FILE
	sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' "$1" |
		sed -e '/^[[:space:]]*[#!]/d' -e "s/'\\\\''/'/g" -e "s/'\"'\"'/'/g" -e 's/\\"/"/g'
}

# This script sees a warning that no test gives, and one that it cannot read.
printf '%s\n' 'static void f(struct n *w)' '{' ' note_add(&w->warnings, "a guest that is tested of %s (%s)", "a", b("x"));' \
	' note_add(w->warnings, "it is only %s"' '" denied in every test", "a");' ' note_add(warnings, "%s: what two of the texts say", x);' \
	' note_add(warnings, "%s", y);' ' note_add(&x->addresses, "%s", y);' \
	' snprintf(r->why_no_good, 1, "it was made by a \"hand\"");' '}' 'static const char *why_not(int a)' '{' \
	' return a == '\''"'\'' ? "no blscfg, which is it for" : NULL;' '}' 'const char *g = ": what two of the texts say,"' '" too";' >"$work/sample.c"
printf '%s\n' "grep 'a guest that is tested'" '! grep "denied in every test"' 'grep "x: what two of the texts say" on menu.cfg, which is it for' \
	'# no blscfg, which is it for' >"$work/sample.sh"
texts_of <"$work/sample.c" >"$work/sample"
[ "$(<"$work/sample")" = '+a guest that is tested of %s (%s)
+it is only %s denied in every test
+%s: what two of the texts say
?warnings, "%s", y
+it was made by a "hand"
+no blscfg, which is it for' ] || {
	echo "the sample is not read: $(<"$work/sample")" >&2
	exit 1
}
sed -n 's/^+//p' "$work/sample" >"$work/texts"
literals_of <"$work/sample.c" >"$work/program"
script_text "$work/sample.sh" >"$work/tests"
untested "$work/texts" "$work/program" "$work/tests" >"$work/found"
[ "$(<"$work/found")" = 'it is only %s denied in every test
%s: what two of the texts say
it was made by a "hand"
no blscfg, which is it for' ] || {
	echo "the sample is not judged: $(<"$work/found")" >&2
	exit 1
}

for script in tests/scripts/*.sh; do
	! grep -qF " ${script##*/}" tests/scripts/CMakeLists.txt || script_text "$script"
done >"$work/tests"
find tests -name '*.c' -exec cat {} + | literals_of >>"$work/tests"
find common vhd nvram bcd convert -name '*.c' -exec cat {} + | literals_of | sort -u >"$work/program"

files=$(find convert/guest/linux -name '*.c' | sort)
: >"$work/texts"
wrong=0
for file in $files convert/plan_gpt.c convert/vm/network/macs.c; do
	grep -qE 'note_add|why_no' "$file" || continue
	"$CC" -E -P -I . -D_GNU_SOURCE "$file" | texts_of >"$work/found"
	sed -n 's/^+//p' "$work/found" >>"$work/texts"
	while IFS= read -r line; do
		echo "$file: a warning is not understood: $line" >&2
		wrong=$((wrong + 1))
	done < <(sed -n 's/^?//p' "$work/found")
done
while IFS= read -r line; do
	echo "no test gives the warning '$line', or has words that are its own" >&2
	wrong=$((wrong + 1))
done < <(untested "$work/texts" "$work/program" "$work/tests")

count=$(wc -l <"$work/texts")
echo "$count texts of warnings about Linux guests, $wrong of them untested"
[ "$count" -gt 40 ] && [ "$wrong" -eq 0 ]
