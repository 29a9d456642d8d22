#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# picture.sh PAGE.html: README's picture: of the page that 'hvgen2 convert --report PAGE.html' writes, the drawing of the disk and
# the tables before and after, as an SVG of its own.
set -euo pipefail

awk '
	{
		sub(/^(<pre>|<\/span>)*<span>/, "")
		sub(/<\/span><\/pre>$/, "")
	}
	/^<p class="key">/ {
		while (match($0, /background:#[0-9a-f]+"><\/i>[^<]+/)) {
			split(substr($0, RSTART + 11, RLENGTH - 11), part, /"><\/i>/)
			keys[++n] = part[1] SUBSEP part[2]
			$0 = substr($0, RSTART + RLENGTH)
		}
	}
	/^[.][a-z]+[{]fill/ { style = style $0 }
	/^<svg / {
		match($0, /height="[0-9]+"/)
		height = substr($0, RSTART + 8, RLENGTH - 9)
		gsub(/^<svg [^>]*>|<\/svg>$/, "")
		bars = $0
	}
	/^<b>(Before|After)/ { table = 1 }
	/^$/ { if (table) lines[++m] = ""; table = 0 }
	table {
		gsub(/<\/?b>/, "")
		lines[++m] = $0
	}
	END {
		if (!bars || !m || !n) {
			print "picture.sh: no disk is drawn on this page" >"/dev/stderr"
			exit 1
		}
		top = height + 52
		printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"924\" height=\"%d\" font-family=\"monospace\" font-size=\"12\">\n", top + m * 17
		printf "<style>%s</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", style
		for (i = 1; i <= n; i++) {
			split(keys[i], part, SUBSEP)
			printf "<rect x=\"%d\" y=\"10\" width=\"11\" height=\"11\" fill=\"%s\"/><text x=\"%d\" y=\"20\">%s</text>\n", x + 12, part[1], x + 28, part[2]
			x += 40 + 7.4 * length(part[2])
		}
		printf "<g transform=\"translate(12,32)\">%s</g>\n", bars
		for (i = 1; i <= m; i++)
			if (lines[i] != "")
				printf "<text xml:space=\"preserve\" x=\"12\" y=\"%d\">%s</text>\n", top + i * 17 - 8, lines[i]
		print "</svg>"
	}' "$1"
