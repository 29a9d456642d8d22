/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that reads for another one: see reader.h. */
#ifndef HVGEN2_CONVERT_GRUB_READER_SERVER_H
#define HVGEN2_CONVERT_GRUB_READER_SERVER_H

#include <stdbool.h>

#include "convert/grub_reader/tools.h"

/* Answer requests at 'socket' until nobody is at its other end, and end this process. */
_Noreturn void reader_server_run(int socket, const struct tools *tools, bool must_lock);

#endif
