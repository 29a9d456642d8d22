#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the program prints leaves through common/safe_text.c: no other object prints on standard output by itself, and
# none that knows standard output or standard error prints on a stream by itself.
set -euo pipefail

always='printf|vprintf|puts|putchar|putchar_unlocked|perror|psignal|dprintf|vdprintf|err|errx|warn|warnx|error'
streams='fprintf|vfprintf|fputs|fputc|putc|_IO_putc|fwrite|json_dumpf|fputs_unlocked|fwrite_unlocked'

wrong=0 seen=0
while read -r library; do
	while read -r object symbols; do
		seen=$((seen + 1))
		[ "$object" != safe_text.c.o ] || continue
		for symbol in $symbols; do
			plain=${symbol#__}
			plain=${plain%_chk}
			if [[ $plain =~ ^($always)$ ]] ||
				{ [[ " $symbols " =~ \ std(out|err)\  ]] && [[ $plain =~ ^($streams)$ ]]; }; then
				echo "$object calls $plain(), not the door" >&2
				wrong=$((wrong + 1))
			fi
		done
	done < <(nm -A -u "$library" | awk '{ n = split($1, part, ":"); object = part[n - 1]; sub(".*/", "", object)
		all[object] = all[object] " " $NF } END { for (o in all) print o all[o] }')
done < <(awk '{ print $2 }' "$BUILD_DIR/rooms.txt"; find "$BUILD_DIR/convert" -path '*hvgen2.dir*' -name 'main.c.o')

[ "$seen" -gt 150 ] || { echo "only $seen objects found in $BUILD_DIR" >&2 && exit 1; }
echo "$seen objects, $wrong calls beside the door"
[ "$wrong" -eq 0 ]
