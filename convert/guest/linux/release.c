/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which distribution a guest is: see release.h. */
#include "convert/guest/linux/release.h"

#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/guest/linux/read.h"

#define NOT_OLD -1 /* what os-release(5) describes, not what was before it */

/* Returns 1 when the file says which distribution it is, 0 when there is none. Errors: of this
 * host, and what is wrong with the file. */
static int read_release_file(struct linux_files *files, const char *path, int kind,
			     struct os_release *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	size_t size = 0;
	int r = linux_read_text(files, path, &data, &size, err);
	const struct file_bytes file = {data, size, path};

	if (r <= 0)
		return r;
	r = kind == NOT_OLD ? os_release_parse(&file, ret, err)
			    : os_release_from_text((enum os_release_kind)kind, &file, ret, err);
	return r < 0 ? r : 1;
}

int linux_read_release(struct linux_files *files, struct os_release *ret,
		       struct note_list *warnings, struct error *err)
{
	static const struct {
		const char *path;
		int kind; /* of os_release_from_text(), or NOT_OLD */
	} sources[] = {
		{"/etc/os-release", NOT_OLD},
		{"/usr/lib/os-release", NOT_OLD},
		{"/etc/redhat-release", OS_RELEASE_REDHAT},
		{"/etc/SuSE-release", OS_RELEASE_SUSE},
		{"/etc/debian_version", OS_RELEASE_DEBIAN},
	};
	bool is_there = false;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		struct error problem = ERROR_INIT;
		int r = read_release_file(files, sources[i].path, sources[i].kind, ret, &problem);

		if (r > 0)
			return LINUX_RELEASE_READ;
		if (r == 0)
			continue;
		r = linux_pass_host(&problem, err);
		if (r < 0)
			return r;
		if (warnings && !is_there) /* os-release is one file by two names */
			note_add(warnings,
				 "what the guest's %s says of its distribution is not known: %s",
				 sources[i].path, problem.message);
		is_there = true;
	}
	if (!is_there)
		return LINUX_RELEASE_NONE;
	*ret = (struct os_release){.id = "linux", .pretty_name = "Linux"};
	return LINUX_RELEASE_DAMAGED;
}
