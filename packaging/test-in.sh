#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test-in.sh SUITE: build in another Debian, with its compiler and libraries, warnings being errors, and run the tests that need
# nothing but the build, but for the longest. Status 77, with the reason, where that cannot be done.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=$1
. packaging/systems.sh
need_build_system "$suite"
root=$systems/$suite-build
mkdir -p "$root/build/tests"
# What has not changed keeps its time, so that a second run builds what has; what git has no more goes.
(cd "$root/build/tests" && find . -path ./out -prune -o -type f -printf '%P\n') | sort |
	comm -23 - <(git ls-files | sort) | (cd "$root/build/tests" && xargs -r -d '\n' rm -f)
git ls-files -z | tar -c --null --files-from=- | tar -x -C "$root/build/tests"
run_in "$root" bash -c '
	cd /build/tests && gcc --version | head -n 1 &&
	cmake -S . -B out -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DWARNINGS_AS_ERRORS=ON >configure.log &&
	cmake --build out -- -j'"$(nproc)"' >build.log || { tail -n 40 configure.log build.log; exit 1; }
	ctest --test-dir out --no-tests=error -j'"$(nproc)"' --output-on-failure --test-output-size-passed 10000000 --output-junit results.xml -LE "e2e|static|boot|guestfs|slow" -E "^(faults|journal_pair_.*|journal_convert)$"'
