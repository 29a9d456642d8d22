#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# make.sh FOLDER [OPTION of dpkg-buildpackage ...]: source and Debian packages of what git knows, in FOLDER, which must not exist; the
# log is FOLDER/build.log.
set -euo pipefail
packaging=$(dirname "$(realpath "$0")")
mkdir -p "$(dirname "$1")"
mkdir "$1"
folder=$(realpath "$1")
name=$("$packaging/source.sh" "$folder")
cd "$folder/$name"
dpkg-buildpackage --build=full --no-sign "${@:2}" >"$folder/build.log" 2>&1 || {
	tail -n 40 "$folder/build.log" >&2
	exit 1
}
