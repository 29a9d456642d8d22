/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results get their names in order, once, and never those of others. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/json/text_json.h"
#include "convert/batch/publish.h"
#include "convert/batch/replace.h"
#include "convert/batch/state/record.h"
#include "tests/support/scratch.h"

TestSuite(publish, .timeout = 60);

static const volatile sig_atomic_t never;

/* "vm.*" for what is in "out/work/TOKEN". */
static json_t *enter(const char *name)
{
	cr_assert_eq(tool_run(NULL, "rm -rf publish-%s && mkdir -p publish-%s/out/work/token", name,
			      name),
		     0);
	cr_assert_eq(tool_run(NULL,
			      "cd publish-%s/out/work/token && echo disk >disk && echo store "
			      ">store && echo '{\"tool\": 1, \"sandbox\": \"full\"}' >report",
			      name),
		     0);
	{
		char folder[64];

		snprintf(folder, sizeof(folder), "publish-%s", name);
		cr_assert_eq(chdir(folder), 0);
	}
	return json_pack("{ss ss ss}", "disk", "out/vm.vhdx", "store", "out/vm.vmgs", "report",
			 "out/vm.json");
}

static int publish(json_t *outputs, bool replace, struct error *err)
{
	return replace ? replace_outputs("out/work/token", outputs, &never, err)
		       : publish_outputs("out/work/token", outputs, &never, err);
}

static bool is_text(const char *path, const char *text)
{
	CLEANUP_FREE uint8_t *data = file_read(path, NULL);

	return data && strcmp((const char *)data, text) == 0;
}

Test(publish, names_all)
{
	CLEANUP_JSON json_t *outputs = enter("all");

	cr_assert_eq(publish(outputs, false, NULL), 0);
	cr_assert(is_text("out/vm.vhdx", "disk\n"));
	cr_assert(is_text("out/vm.vmgs", "store\n"));
	publish_remove_stage("out/work/token");
	cr_assert_eq(access("out/work", F_OK), -1);
	cr_assert(is_text("out/vm.vhdx", "disk\n"));
}

/* After a kill between any two names. */
Test(publish, goes_on)
{
	static const char *const there[] = {"vm.vmgs", "vm.vmgs vm.json",
					    "vm.vmgs vm.json vm.vhdx"};
	struct stat before, after;

	for (size_t i = 0; i < 3; i++) {
		CLEANUP_JSON json_t *outputs = enter("on");

		cr_assert_eq(publish(outputs, false, NULL), 0);
		cr_assert_eq(
			tool_run(NULL,
				 "cd out && mkdir keep && mv %s keep && rm -f vm.* && mv keep/* "
				 ". && rmdir keep",
				 there[i]),
			0);
		/* Made once more, by another host, whose kernel is older. */
		cr_assert_eq(
			tool_run(NULL,
				 "cd out/work/token && for f in disk store report; do cp $f x; "
				 "mv x $f; done && sed -i s/full/partial/ report"),
			0);
		cr_assert_eq(stat("out/vm.vmgs", &before), 0);
		cr_assert_eq(publish(outputs, false, NULL), 0);
		cr_assert_eq(stat("out/vm.vmgs", &after), 0);
		cr_assert_eq(before.st_ino, after.st_ino, "written twice");
		cr_assert(is_text("out/vm.vhdx", "disk\n"));
		cr_assert_eq(chdir(".."), 0);
	}
}

Test(publish, replaces_nothing)
{
	static const char *const names[] = {"out/vm.vmgs", "out/vm.json", "out/vm.vhdx"};

	for (size_t i = 0; i < 3; i++) {
		CLEANUP_JSON json_t *outputs = enter("nothing");
		struct error err = ERROR_INIT;

		file_write(names[i], "disc\n", 5);
		cr_assert_eq(publish(outputs, false, &err), -EEXIST);
		cr_assert_eq(err.kind, ERROR_FAILED);
		/* The one that is in the way, and in the advice all of them. */
		cr_assert_eq(strncmp(err.message + 1, names[i], strlen(names[i])), 0, "%s",
			     err.message);
		cr_assert_not_null(strstr(err.message,
					  "'out/vm.vhdx', 'out/vm.vmgs', 'out/vm.json' away"),
				   "%s", err.message);
		cr_assert(is_text(names[i], "disc\n"));
		/* Nothing is made beside it. */
		for (size_t j = 0; j < 3; j++)
			cr_assert_eq(access(names[j], F_OK), i == j ? 0 : -1, "%zu", j);
		cr_assert_eq(chdir(".."), 0);
	}
}

/* Instead of that of the C library, here and in what is tested: as sshfs, to which the server does not say that the name is there
 * already. */
static bool is_sshfs;

int link(const char *old, const char *name)
{
	int r = (int)syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, name, 0);

	if (r < 0 && is_sshfs)
		errno = EPERM;
	return r;
}

int linkat(int from, const char *old, int to, const char *name, int flags)
{
	int r = (int)syscall(SYS_linkat, from, old, to, name, flags);

	if (r < 0 && is_sshfs)
		errno = EPERM;
	return r;
}

Test(publish, names_that_another_gave_on_sshfs)
{
	CLEANUP_JSON json_t *record = enter("sshfs");
	struct error err = ERROR_INIT;
	int folder = open(".", O_RDONLY | O_DIRECTORY);

	is_sshfs = true;
	cr_assert_eq(tool_run(NULL, "cp out/work/token/store out/vm.vmgs"), 0);
	cr_expect_eq(publish_name("out/work/token/store", "out/vm.vmgs", "store", &never, &err), 0);
	cr_assert_eq(tool_run(NULL, "echo other >out/vm.vhdx"), 0);
	cr_expect_eq(publish_name("out/work/token/disk", "out/vm.vhdx", "disk", &never, &err),
		     -EEXIST);
	cr_expect(is_text("out/vm.vhdx", "other\n"));
	cr_expect_eq(record_write(folder, "batch.json", record, /*once=*/true, NULL), 0);
	cr_expect_eq(record_write(folder, "batch.json", record, /*once=*/true, NULL), -EEXIST);
	close(folder);
}

/* What was saved first is not given up for what stands there now. */
Test(publish, an_old_file_that_was_saved_on_sshfs)
{
	CLEANUP_JSON json_t *outputs = enter("saved");
	struct error err = ERROR_INIT;

	is_sshfs = true;
	cr_assert_eq(tool_run(NULL, "echo saved >out/work/token/disk.old && echo now >out/vm.vhdx"),
		     0);
	cr_expect_lt(publish(outputs, /*replace=*/true, &err), 0);
	cr_expect(is_text("out/work/token/disk.old", "saved\n"));
	cr_expect(is_text("out/vm.vhdx", "now\n"));
}

Test(publish, links_of_others_and_no_files)
{
	CLEANUP_JSON json_t *outputs = enter("special");
	struct error err = ERROR_INIT;

	cr_assert_eq(symlink("work/token/disk", "out/vm.vhdx"), 0);
	cr_assert_lt(publish(outputs, false, &err), 0);
	cr_assert_eq(unlink("out/vm.vhdx"), 0);
	cr_assert_eq(mkfifo("out/vm.vhdx", 0600), 0);
	cr_assert_lt(publish(outputs, false, &err), 0);
}

Test(publish, replaces_when_told)
{
	CLEANUP_JSON json_t *outputs = enter("force");

	file_write("out/vm.vhdx", "old", 3);
	file_write("out/vm.vmgs", "old", 3);
	file_write("out/vm.json", "old", 3);
	cr_assert_eq(publish(outputs, true, NULL), 0);
	cr_assert(is_text("out/vm.vhdx", "disk\n"));
	cr_assert(is_text("out/vm.vmgs", "store\n"));
}

/* What cannot be replaced leaves the old ones, the report too. */
Test(publish, replaces_all_or_none)
{
	CLEANUP_JSON json_t *outputs = enter("back");

	file_write("out/vm.vhdx", "old", 3);
	file_write("out/vm.json", "old report", 10);
	cr_assert_eq(mkdir("out/vm.vmgs", 0700), 0);
	cr_assert_lt(publish(outputs, true, NULL), 0);
	cr_assert(is_text("out/vm.json", "old report"));
	cr_assert(is_text("out/vm.vhdx", "old"));
	cr_assert_eq(rmdir("out/vm.vmgs"), 0);
	/* The last one is not there to be named: the first one, which was new, goes again. */
	cr_assert_eq(unlink("out/work/token/disk"), 0);
	cr_assert_lt(publish(outputs, true, NULL), 0);
	cr_assert(is_text("out/vm.json", "old report"));
	cr_assert(is_text("out/vm.vhdx", "old"));
	cr_assert_eq(access("out/vm.vmgs", F_OK), -1);
	cr_assert_eq(access("out/work/token/" STAGE_JOURNAL, F_OK), -1);
}

/* Somebody was ended while he named them, at 'store' or behind it. */
static json_t *enter_torn(const char *name, bool has_named)
{
	json_t *outputs = enter(name);
	CLEANUP_JSON json_t *journal = json_pack("{si sO s[ss]}", "schema", 1, "outputs", outputs,
						 "old", "report", "disk");

	file_write("out/vm.vhdx", "old", 3);
	file_write("out/vm.json", "old report", 10);
	cr_assert_eq(json_dump_file(journal, "out/work/token/" STAGE_JOURNAL, 0), 0);
	cr_assert_eq(link("out/work/token/store", "out/vm.vmgs"), 0);
	cr_assert_eq(link("out/vm.vhdx", "out/work/token/disk.old"), 0);
	cr_assert_eq(rename("out/vm.json", "out/work/token/report.old"), 0);
	if (has_named)
		cr_assert_eq(link("out/work/token/report", "out/vm.json"), 0);
	return outputs;
}

Test(publish, what_was_replaced_is_put_back)
{
	for (int has_named = 0; has_named < 2; has_named++) {
		CLEANUP_JSON json_t *outputs = enter_torn("torn", has_named);

		publish_remove_stage("out/work/token");
		cr_assert(is_text("out/work/token/report.old", "old report"), "the only copy");
		cr_assert_eq(replace_put_back("out/work/token", "out/work/other", NULL), 0);
		cr_assert(is_text("out/vm.json", "old report"));
		cr_assert(is_text("out/vm.vhdx", "old"));
		cr_assert_eq(access("out/vm.vmgs", F_OK), -1, "there was none");
		publish_remove_stage("out/work/other");
		cr_assert_eq(access("out/work", F_OK), -1);
		/* Who was frozen, and goes on, finds nothing. */
		cr_assert_lt(publish(outputs, true, NULL), 0);
		cr_assert(is_text("out/vm.vhdx", "old"));
		cr_assert_eq(replace_put_back("out/work/token", "out/work/other", NULL), 0);
		cr_assert_eq(chdir(".."), 0);
	}
}

Test(publish, what_came_in_between_stays)
{
	struct error err = ERROR_INIT;

	json_decref(enter_torn("between", true));
	cr_assert_eq(unlink("out/vm.json"), 0);
	file_write("out/vm.json", "mine", 4);
	cr_assert_lt(replace_put_back("out/work/token", "out/work/other", &err), 0);
	cr_assert_not_null(strstr(err.message, "'out/vm.json' is neither what it was"), "%s",
			   err.message);
	cr_assert(is_text("out/vm.json", "mine"));
	publish_remove_stage("out/work/other");
	cr_assert(is_text("out/work/other/report.old", "old report"));
	cr_assert_eq(unlink("out/vm.json"), 0);
	cr_assert_eq(replace_put_back("out/work/other", "out/work/third", NULL), 0);
	cr_assert(is_text("out/vm.json", "old report"));
}

/* Somebody was ended while he removed it. */
Test(publish, half_a_stage)
{
	json_decref(enter("half"));
	cr_assert_eq(rename("out/work/token", "out/work/token" STAGE_GONE), 0);
	publish_remove_stage("out/work/token");
	cr_assert_eq(access("out/work", F_OK), -1);
}

Test(publish, without_a_store)
{
	CLEANUP_JSON json_t *outputs = enter("none");

	json_object_del(outputs, "store");
	cr_assert_eq(publish(outputs, false, NULL), 0);
	cr_assert_eq(access("out/vm.vmgs", F_OK), -1);
}

Test(publish, stages_are_made_and_seen)
{
	CLEANUP_FREE char *stage = publish_stage("new/folder/vm.vhdx", "0123456789abcdef");
	struct error err = ERROR_INIT;

	json_decref(enter("stage"));
	cr_assert_str_eq(stage, "new/folder/work/0123456789abcdef");
	cr_assert_eq(publish_progress(stage), 0);
	cr_assert_eq(publish_make_stage(stage, &err), 0, "%s", err.message);
	file_write("new/folder/work/0123456789abcdef/.disk.hvgen2-abcdef", "x", 1);
	cr_assert_gt(publish_progress(stage), 0);
	publish_remove_stage(stage);
	cr_assert_eq(access("new/folder/work", F_OK), -1);
	cr_assert_eq(access("new/folder", F_OK), 0);
}

/* Whatever order they were written in; a name that JSON cannot hold has two keys and is one output. */
Test(publish, disk_comes_last)
{
	CLEANUP_JSON json_t *outputs = json_object();

	json_object_set_new(outputs, "disk", json_string("a"));
	text_json_set_path(outputs, "store", "\xff");
	json_object_set_new(outputs, "data1", json_string("c"));
	cr_assert_str_eq(record_role(outputs, 0), "store");
	cr_assert_str_eq(record_role(outputs, 1), "data1");
	cr_assert_str_eq(record_role(outputs, 2), "disk");
	cr_assert_null(record_role(outputs, 3));
	json_object_del(outputs, "disk");
	cr_assert_null(record_role(outputs, 2));
}
