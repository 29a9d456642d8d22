/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where programs are looked for behind PATH. */
#ifndef HVGEN2_CONVERT_GRUB_READER_TOOLS_H
#define HVGEN2_CONVERT_GRUB_READER_TOOLS_H

#define TOOLS_MORE "/usr/local/sbin:/usr/sbin:/sbin"

#endif
