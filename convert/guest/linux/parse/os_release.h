/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which distribution a guest is: os-release(5), and what there was before it. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_OS_RELEASE_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_OS_RELEASE_H

#include <stdbool.h>

#include "common/bytes.h"
#include "common/error.h"

/* Empty where the file does not say it, but for 'id' and 'pretty_name'. */
struct os_release {
	char id[64];	       /* "debian"; "linux" when it is not said, as os-release(5) has it */
	char id_like[128];     /* "rhel fedora" */
	char version_id[64];   /* "12", "9.3" */
	char pretty_name[128]; /* "Debian GNU/Linux 12 (bookworm)"; "Linux" when it is not said */
};

/*
 * /etc/os-release or /usr/lib/os-release. Lines that are no assignment are ignored, of two of one
 * name the last counts, as in systemd; a value that is longer than its field is cut. ERROR_DAMAGED,
 * with the line, for a quote without an end.
 */
int os_release_parse(const struct file_bytes *file, struct os_release *ret, struct error *err);

enum os_release_kind {
	OS_RELEASE_REDHAT, /* /etc/redhat-release (also centos-release, fedora-release) */
	OS_RELEASE_SUSE,   /* /etc/SuSE-release */
	OS_RELEASE_DEBIAN, /* /etc/debian_version */
};

/*
 * What older distributions have instead, told in the words of os-release(5): "CentOS release
 * 6.10 (Final)" is ID centos, VERSION_ID 6.10. ERROR_DAMAGED for an empty or too long first line.
 */
int os_release_from_text(enum os_release_kind kind, const struct file_bytes *file,
			 struct os_release *ret, struct error *err);

/* Is 'id' the ID, or a word of ID_LIKE? */
bool os_release_is_like(const struct os_release *release, const char *id);

#endif
