/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of a guest that may be there or not: see read.h. */
#include "convert/guest/linux/read.h"

int linux_pass_host(const struct error *problem, struct error *err)
{
	if (!error_is_of_host(problem))
		return 0;
	*err = *problem;
	return -err->code;
}

/* All that is left is that there is none of this name, or something else. */
static bool is_absence(const struct error *problem)
{
	return problem->kind == ERROR_FAILED && !error_is_of_host(problem);
}

static int answer(int r, const struct error *problem, struct error *err)
{
	if (r == 0)
		return 1;
	if (is_absence(problem))
		return 0;
	*err = *problem;
	return r;
}

int linux_read_text(struct linux_files *files, const char *path, uint8_t **ret_data,
		    size_t *ret_size, struct error *err)
{
	struct error problem = ERROR_INIT;
	int r = linux_files_read(files, path, LINUX_MAX_TEXT, ret_data, ret_size, &problem);

	return answer(r, &problem, err);
}

int linux_read_folder(struct linux_files *files, const char *path, char ***ret_names,
		      size_t *ret_count, struct error *err)
{
	struct error problem = ERROR_INIT;
	int r = linux_files_list(files, path, ret_names, ret_count, &problem);

	return answer(r, &problem, err);
}
