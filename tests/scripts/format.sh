#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The sources look as .clang-format has it. Other versions than Debian 12's differ in details.
set -euo pipefail
if ! clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	echo "clang-format 14 is not installed"
	exit 77
fi
cd "$SOURCE_DIR"
find bcd common convert nvram tests vhd -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
