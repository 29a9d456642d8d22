#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz_vm.sh SEED SECONDS: so many rounds of the mutator of whole VMs as have room in that time. The seed is fixed, so
# that a round which fails here fails everywhere; other seeds are for './bootstrap fuzz'.
. "$SOURCE_DIR/tests/scripts/lib.sh"
need qemu-img mkntfs mkfs.fat mcopy sgdisk

mkdir seeds run
"$SOURCE_DIR/tests/fuzz/vm/seeds.sh" "$PWD/seeds"
# Each kind of structure stands in one of the seeds, or its mutations are none.
"$MUTATE_VM" --places "$HVGEN2" seeds/* >places.txt
! grep ' 0$' places.txt >&2 || fail "no seed has such a structure"
"$MUTATE_VM" --seed "$1" --seconds "$2" --work run --findings "$BUILD_DIR/fuzz_vm-findings" "$HVGEN2" seeds/*
