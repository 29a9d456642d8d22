/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registry hives in memory, through libhivex: see hive.h. */
#include "common/hive.h"
