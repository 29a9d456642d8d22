#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# advice_complete.sh: every advice in the sources is given in a test, word for word: by a call of advised() (lib.sh) in a
# script that CTest runs, or by a comparison with 'err.advice' in a C test. The sources are read after the preprocessor,
# so that it does not matter how an advice is wrapped or which macro holds it. An advice may be: literals in the call of
# error_refused(); a variable or a format, of the same function; a function that returns literals; the table of
# vhd/foreign.c. Whoever finds another way has to teach it to this script, which fails until then.
#
# Environment: SOURCE_DIR, BUILD_DIR, CC.
set -euo pipefail
export LC_ALL=C
cd "$SOURCE_DIR"
work=$(mktemp -d "$BUILD_DIR/advice.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The advices of a preprocessed file, one a line: '+' and an extended regular expression, or '?' and what is not
# understood. Where a format puts something in, or more of a buffer follows, anything may stand.
texts_of() { # FILE [table]
	awk -v is_table="${2:+1}" '
	{ text = text $0 "\n" }

	# The length of the token that a text begins with: a literal, or one character.
	function token(s) { return match(s, /^"([^"\\]|\\.)*"/) || match(s, /^\047([^\047\\]|\\.)*\047/) ? RLENGTH : 1 }

	# The n-th of the arguments that stand at the beginning of a text.
	function argument(s, n,    depth, arg, t, length_of) {
		for (depth = 0; s != "" && depth >= 0; s = substr(s, length_of + 1)) {
			length_of = token(s)
			t = substr(s, 1, length_of)
			if (t ~ /^[(\[{]$/) depth++
			if (t ~ /^[)\]}]$/) depth--
			if (depth < 0 || (t == "," && depth == 0)) {
				if (--n == 0) break
				arg = ""
			} else
				arg = arg t
		}
		gsub(/^[ \t\n]+|[ \t\n]+$/, "", arg)
		return arg
	}

	# Literals that stand together, as one text; what follows them is left in "rest".
	function literals(s,    all) {
		for (all = ""; match(s, /^[ \t\n]*"([^"\\]|\\.)*"/); s = substr(s, RLENGTH + 1)) {
			all = all substr(s, index(s, "\""), RLENGTH - index(s, "\"") + 1)
			sub(/""/, "", all)
		}
		rest = s
		return substr(all, 2, length(all) - 2)
	}
	function emit(s, is_format, is_open) {
		gsub(/\\"/, "\"", s)
		gsub(/\\\\/, "\\", s)
		gsub(/[][\\.^$*+?(){}|]/, "\\\\&", s)
		if (is_format) gsub(/%[-0-9]*[hlz]*[a-z]/, ".*", s)
		print "+" s (is_open ? ".*" : "")
		found++
	}

	# All runs of literals up to the end of a statement.
	function emit_all(s,    n) {
		for (; s != "" && s !~ /^;/; s = n ? rest : substr(s, token(s) + 1))
			if (n = s ~ /^"/) emit(literals(s))
	}
	function from_variable(name, body,    s, buffer) {
		for (s = body; match(s, "[^a-z_>.]" name "(\\[[0-9a-z]*\\])? = \""); emit_all(s))
			s = substr(s, RSTART + RLENGTH - 1)
		for (s = body; match(s, "snprintf\\([ \t\n]*" name ",[^\"]*"); emit(literals(s), 1))
			s = substr(s, RSTART + RLENGTH)
		if (!match(body, name " = buffer_take_text\\(&[a-z]+")) return
		buffer = substr(body, RSTART, RLENGTH)
		sub(/.*&/, "", buffer)
		if (match(body, "buffer_text\\(&" buffer ", "))
			emit(literals(substr(body, RSTART + RLENGTH)), 0, 1)
	}
	function from_function(name,    body) {
		if (!match(text, "const char \\*" name "\\(")) return
		body = substr(text, RSTART)
		for (body = substr(body, 1, index(body, "\n}")); match(body, /return /); ) {
			body = substr(body, RSTART + RLENGTH)
			emit_all(body)
		}
	}

	END {
		for (left = text; at = index(left, "error_refused("); ) {
			before = before substr(left, 1, at + 13)
			left = substr(left, at + 14)
			arg = argument(left, 3)
			if (arg ~ /^const char \*/) continue
			calls++
			found = 0
			start = 0
			for (s = before; i = index(s, "\n}"); s = substr(s, i + 2)) start += i + 1
			if (arg ~ /^"/)
				emit(literals(arg), 0)
			else if (arg ~ /^[a-z_]+$/)
				from_variable(arg, substr(before, start + 1))
			else if (match(arg, /^[a-z_]+\(/))
				from_function(substr(arg, 1, RLENGTH - 1))
			else if (arg == "foreign->advice")
				found = 1
			if (!found) print "?" arg
		}
		# The second texts of the pairs in the table of foreign formats.
		for (left = is_table ? text : ""; match(left, /\{[ \n]*"([^"\\]|\\.)*",[ \n]*"/); left = rest)
			emit(literals(substr(left, RSTART + RLENGTH - 1)), 0)
		print "=" calls + 0
	}' "$1"
}

preprocess() { "$CC" -E -P -I . -D_GNU_SOURCE "$@"; }

# What the tests say: TEXT of each 'advised ID "TEXT"' and each 'advice, "TEXT"'.
for script in tests/scripts/*.sh; do
	grep -q " $(sed "s/_[a-z]*\.sh/_/" <<<"${script##*/}")" tests/scripts/CMakeLists.txt || continue
	sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' "$script" |
		sed -n 's/^[[:space:]]*advised [^ ]* "\([^"]*\)".*/\1/p'
done >"$work/known"
grep -rlE 'advice,' --include='*.c' tests | while read -r file; do
	{ tr '\n' ' ' <"$file" | grep -oE 'advice,[[:space:]]*("([^"\\]|\\.)*"[[:space:]]*)+' || true; } |
		sed -e 's/^advice,[[:space:]]*"//' -e 's/"[[:space:]]*$//' -e 's/"[[:space:]]*"//g' -e 's/\\\(.\)/\1/g'
done >>"$work/known"

is_known() { grep -qxE -e "$1" "$work/known"; }

# This script sees an advice that no test gives, and one that it cannot read.
printf '%s\n' '#define HELP(x) "do " x' 'int f(void)' '{' 'return error_refused(e, R(1, 2), HELP("what nobody"' \
	'" tests"), "x, %s", "y") + error_refused(e, R, g->h, "x");' '}' >"$work/sample.c"
preprocess "$work/sample.c" >"$work/file.i"
texts_of "$work/file.i" >"$work/sample"
[ "$(<"$work/sample")" = $'+do what nobody tests\n?g->h\n=2' ] || {
	echo "the sample is not read: $(<"$work/sample")" >&2
	exit 1
}
! is_known "do what nobody tests" || exit 1

wrong=0 texts=0 calls=0
for file in $(grep -rl 'error_refused(' --include='*.c' common vhd nvram bcd convert) vhd/foreign.c; do
	[ "$file" != common/error.c ] || continue
	preprocess "$file" >"$work/file.i"
	texts_of "$work/file.i" "$([ "$file" != vhd/foreign.c ] || echo table)" >"$work/texts"
	while IFS= read -r line; do
		case $line in
		=*) calls=$((calls + ${line#=})) ;;
		\?*)
			echo "$file: an advice is not understood: ${line#?}" >&2
			wrong=$((wrong + 1))
			;;
		*)
			texts=$((texts + 1))
			is_known "${line#?}" && continue
			echo "$file: no test gives the advice '${line#?}'" >&2
			wrong=$((wrong + 1))
			;;
		esac
	done <"$work/texts"
done

echo "$calls refusals with $texts advices, $wrong of them untested"
[ "$calls" -gt 50 ] && [ "$wrong" -eq 0 ]
