/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Just before something is replaced: what the state folder knows by then is not replaced. */
#include <criterion/criterion.h>
#include <string.h>

#include "convert/batch/plan/overlap.h"
#include "tests/support/scratch.h"

TestSuite(overlap, .timeout = 60);

/* A batch of one VM, "in/vm.vhdx" with the parent "in/base.vhdx". */
static void enter(const char *name)
{
	cr_assert_eq(
		tool_run(NULL,
			 "rm -rf overlap-%s && mkdir -p overlap-%s/in overlap-%s/s && cd "
			 "overlap-%s && touch in/vm.vhdx in/base.vhdx && mkdir s/vm s/claim "
			 "s/attempt && echo '{\"schema\": 1, \"output_dir\": \"'$PWD'\"}' "
			 ">s/batch.json && echo '{\"schema\": 1, \"path\": \"'$PWD'/in/vm.vhdx\", "
			 "\"sources\": [{\"path\": \"'$PWD'/in/vm.vhdx\"}, {\"path\": "
			 "\"'$PWD'/in/base.vhdx\"}]}' >s/vm/vm.json",
			 name, name, name, name),
		0);
}

static int check(const char *name, const char *disk, struct error *err)
{
	CLEANUP_FREE char *folder = NULL;
	CLEANUP_JSON json_t *outputs = json_pack("{ss}", "report", "none.json");
	CLEANUP_FREE char *path = NULL;
	int r;

	cr_assert(asprintf(&folder, "overlap-%s/s", name) > 0);
	cr_assert(asprintf(&path, "overlap-%s/%s", name, disk) > 0);
	json_object_set_new(outputs, "disk", json_string(path));
	r = overlap_check_replaced(folder, outputs, err);
	return r;
}

Test(overlap, what_is_read_is_not_replaced)
{
	static const char *const read[] = {"in/vm.vhdx", "in/base.vhdx", "s/../in/base.vhdx"};

	enter("read");
	for (size_t i = 0; i < 3; i++) {
		struct error err = ERROR_INIT;

		cr_assert_lt(check("read", read[i], &err), 0, "%s", read[i]);
		cr_assert_eq(err.kind, ERROR_FAILED);
		cr_assert_not_null(strstr(err.message, "/in/vm.vhdx' is read from"), "%s",
				   err.message);
	}
	cr_assert_eq(tool_run(NULL, "cd overlap-read/in && rm base.vhdx && touch new.vhdx"), 0);
	cr_assert_lt(check("read", "in/BASE.vhdx", NULL), 0, "gone, and blind to case");
	cr_assert_eq(check("read", "in/new.vhdx", NULL), 0);
}

Test(overlap, what_cannot_be_read_replaces_nothing)
{
	struct error err = ERROR_INIT;

	enter("torn");
	cr_assert_eq(check("torn", "out.vhdx", &err), 0, "%s", err.message);
	cr_assert_eq(tool_run(NULL, "echo '{' >overlap-torn/s/vm/other.json"), 0);
	cr_assert_lt(check("torn", "out.vhdx", &err), 0);
	cr_assert_not_null(strstr(err.message, "other.json"), "%s", err.message);
}
