/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 bcd: look into boot stores, whether or not they have to do with a conversion. Nothing is
 * written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bcd/diff.h"
#include "bcd/names.h"
#include "bcd/store.h"
#include "bcd/value.h"
#include "common/checked.h"
#include "common/hive/log.h"
#include "common/json/text_json.h"
#include "common/page.h"
#include "common/safe_text.h"
#include "convert/cmd/bcd_json.h"
#include "convert/cmd/cmd.h"
#include "convert/cmd/verbs.h"

enum { OPTION_JSON = 256 };

/* Microsoft's media have 256 KiB. */
#define MAX_STORE    ((size_t)16 << 20)
#define STATUS_FOUND 1 /* findings or differences */

static const struct cmd_option options[] = {
	{OPTION_JSON, "json", NULL, "print a JSON object"},
	{0, NULL, NULL, NULL},
};

static const struct cmd_verb verb = {
	.name = "bcd",
	.synopsis = "list|check [--json] STORE\n       hvgen2 bcd diff [--json] STORE STORE",
	.purpose =
		"Look into boot stores (\\Boot\\BCD, \\EFI\\Microsoft\\Boot\\BCD). Nothing is written.\n\n"
		"  list    print all entries as 'bcdedit /enum all' does\n"
		"  check   find what the Windows boot manager would stumble over\n"
		"  diff    print what the second store has otherwise than the first",
	.options = options,
	.epilogue =
		"A store that was copied from a running system is read together with the log files\n"
		"beside it (STORE.LOG, STORE.LOG1, STORE.LOG2).\n\n"
		"Exit status: 0 done, nothing found; 1 check or diff found something, or failed;\n"
		"4 not a boot store.\n",
};

struct file {
	uint8_t *bytes;
	size_t size;
};

static void file_done(struct file *file)
{
	free(file->bytes);
}

static int read_all(int fd, const char *path, struct file *file, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(err, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_damaged(err, "'%s': not a file", path);
	if ((uint64_t)st.st_size > MAX_STORE)
		return error_damaged(err, "'%s': a boot store of %lld bytes is not credible", path,
				     (long long)st.st_size);
	file->bytes = malloc((size_t)st.st_size + 1);
	if (!file->bytes)
		return error_failed(err, ENOMEM, "'%s': out of memory", path);
	while (file->size < (size_t)st.st_size) {
		ssize_t n = read(fd, file->bytes + file->size, (size_t)st.st_size - file->size);

		if (n < 0)
			return error_errno(err, "'%s'", path);
		if (n == 0)
			break;
		file->size += (size_t)n;
	}
	return 0;
}

static int read_file(const char *path, struct file *file, struct error *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? error_errno(err, "'%s'", path) : read_all(fd, path, file, err);
}

/* A log beside the store; absent ones are no error. */
static int read_log(const char *path, const char *suffix, struct file *file, struct error *err)
{
	CLEANUP_FREE char *log = NULL;

	if (asprintf(&log, "%s%s", path, suffix) < 0) {
		log = NULL;
		return error_failed(err, ENOMEM, "'%s': out of memory", path);
	}
	return access(log, F_OK) == 0 ? read_file(log, file, err) : 0;
}

/* A store, and where it may not be up to date its logs, in the order in which they are applied. */
struct store_files {
	struct file store, logs[3];
};

static void store_files_done(struct store_files *files)
{
	file_done(&files->store);
	for (size_t i = 0; i < ARRAY_SIZE(files->logs); i++)
		file_done(&files->logs[i]);
}
#define CLEANUP_STORE_FILES CLEANUP(store_files_done)

static int read_files(const char *path, struct store_files *files, struct error *err)
{
	static const char *const suffixes[] = {".LOG1", ".LOG2", ".LOG"};
	int r = read_file(path, &files->store, err);

	if (r < 0 || !hive_is_dirty(files->store.bytes, files->store.size))
		return r;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(suffixes); i++)
		r = read_log(path, suffixes[i], &files->logs[i], err);
	return r;
}

/* Bring a store from a running system up to date. */
static int apply_logs(const char *path, struct store_files *files, struct error *err)
{
	struct hive_log logs[ARRAY_SIZE(files->logs)];
	struct file *store = &files->store;
	uint8_t *recovered = NULL;
	size_t size = 0;
	int r;

	if (!hive_is_dirty(store->bytes, store->size))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(logs); i++)
		logs[i] = (struct hive_log){files->logs[i].bytes, files->logs[i].size};
	r = hive_recover(&(struct file_bytes){store->bytes, store->size, path}, logs,
			 ARRAY_SIZE(logs), &recovered, &size, err);
	if (r < 0)
		return r;
	free(store->bytes);
	store->bytes = recovered;
	store->size = size;
	return 0;
}

static int open_store(const char *path, struct store_files *files, struct bcd_store **ret,
		      struct error *err)
{
	int r = apply_logs(path, files, err);

	return r < 0 ? r
		     : bcd_store_open(&(struct file_bytes){files->store.bytes, files->store.size,
							   path},
				      NULL, ret, err);
}

/* All is read that a path leads to. */
static int lock_in(struct error *err)
{
	struct sandbox sandbox = {.wish = SANDBOX_AUTO};

	return sandbox_enter(&sandbox, 0, NULL, err);
}

/* Each command returns the exit status, or a negative errno. */

static int print_text(const char *text, struct error *err)
{
	CLEANUP_PAGE FILE *page = page_open(stdout);

	if (!page)
		return error_failed(err, ENOMEM, "out of memory");
	safe_lines(page, text);
	return 0;
}

static int list(const char *path, bool json, struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	CLEANUP_STORE_FILES struct store_files files = {.store = {.bytes = NULL}};
	CLEANUP_FREE char *text = NULL;
	int r = read_files(path, &files, err);

	if (r == 0)
		r = lock_in(err);
	if (r == 0)
		r = open_store(path, &files, &store, err);
	if (r < 0)
		return r;
	if (json) {
		bcd_sort_for_listing(store);
		return text_json_print(bcd_json_store(store), err);
	}
	r = bcd_list(&(struct file_bytes){files.store.bytes, files.store.size, path}, &text, err);
	return r < 0 ? r : print_text(*text == '\n' ? text + 1 : text, err);
}

static int print_finding(const char *text, struct error *err)
{
	CLEANUP_PAGE FILE *page = page_open(stdout);

	if (!page)
		return error_failed(err, ENOMEM, "out of memory");
	safe_printf(page, "%s\n", text);
	return 0;
}

static int check(const char *path, bool json, struct error *err)
{
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	CLEANUP_STORE_FILES struct store_files files = {.store = {.bytes = NULL}};
	int r = read_files(path, &files, err);

	if (r == 0)
		r = lock_in(err);
	if (r == 0)
		r = apply_logs(path, &files, err);
	if (r == 0)
		r = bcd_check(&(struct file_bytes){files.store.bytes, files.store.size, path},
			      &notes, err);
	if (r < 0)
		return r;
	if (json)
		r = text_json_print(bcd_json_findings(&notes), err);
	for (size_t i = 0; r == 0 && !json && i < notes.warnings.count; i++)
		r = print_finding(notes.warnings.texts[i], err);
	return r < 0 ? r : notes.warnings.count ? STATUS_FOUND : 0;
}

static void print_lines(FILE *page, char sign, uint32_t object_type,
			const struct bcd_element *element)
{
	CLEANUP_BCD_TEXTS struct bcd_texts texts = BCD_TEXTS_INIT;
	char buffer[BCD_NAME_SIZE];
	const char *label = bcd_element_label(object_type, element->code, buffer);

	if (bcd_element_texts(object_type, element, &texts, NULL) < 0)
		return;
	for (size_t i = 0; i < texts.count; i++)
		safe_printf(page, "%c   %-24s%s\n", sign, i == 0 ? label : "", texts.list[i]);
}

/* What the differences have in common: the object whose name was printed last, or the array of JSON
 * objects. */
struct printer {
	const struct bcd_object *object;
	json_t *array;
	bool found;
};

static int print_difference(void *context, const struct bcd_difference *difference)
{
	struct printer *printer = context;
	const struct bcd_object *object = difference->object;
	bool is_whole = !difference->before && !difference->after;
	CLEANUP_PAGE FILE *page = NULL;
	char title[BCD_TITLE_SIZE];

	printer->found = true;
	if (printer->array) {
		json_array_append_new(printer->array, bcd_json_difference(difference));
		return 0;
	}
	page = page_open(stdout);
	if (!page)
		return -ENOMEM;
	if (object != printer->object)
		safe_printf(page, "%c %s\n",
			    !is_whole			    ? ' '
			    : difference->kind == BCD_ADDED ? '+'
							    : '-',
			    bcd_object_title(object, title));
	printer->object = object;
	if (difference->before)
		print_lines(page, '-', object->type, difference->before);
	if (difference->after)
		print_lines(page, '+', object->type, difference->after);
	return 0;
}

static int diff(const char *a_path, const char *b_path, bool json, struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *a = NULL, *b = NULL;
	CLEANUP_STORE_FILES struct store_files a_files = {.store = {.bytes = NULL}};
	CLEANUP_STORE_FILES struct store_files b_files = {.store = {.bytes = NULL}};
	struct printer printer = {.object = NULL};
	int r = read_files(a_path, &a_files, err);

	if (r == 0)
		r = read_files(b_path, &b_files, err);
	if (r == 0)
		r = lock_in(err);
	if (r == 0)
		r = open_store(a_path, &a_files, &a, err);
	if (r == 0)
		r = open_store(b_path, &b_files, &b, err);
	if (r < 0)
		return r;
	printer.array = json ? json_array() : NULL;
	r = bcd_diff(a, b, print_difference, &printer);
	if (json) {
		json_t *root = bcd_json_root();

		json_object_set_new(root, "differences", printer.array);
		r = text_json_print(root, err);
	}
	return r < 0 ? r : printer.found ? STATUS_FOUND : 0;
}

static int set_bcd_option(void *context, int key, const char *argument, struct error *err)
{
	bool *json = context;

	(void)key;
	(void)argument;
	(void)err;
	*json = true;
	return 0;
}

static int run_bcd_action(char **operands, int count, bool json, struct error *err)
{
	const char *command = count > 0 ? operands[0] : "";
	bool is_list = strcmp(command, "list") == 0, is_check = strcmp(command, "check") == 0;

	if ((is_list || is_check) && count == 2)
		return is_list ? list(operands[1], json, err) : check(operands[1], json, err);
	if (strcmp(command, "diff") == 0 && count == 3)
		return diff(operands[1], operands[2], json, err);
	return error_usage(err,
			   "'list STORE', 'check STORE' or 'diff STORE STORE' is expected; see "
			   "'hvgen2 help bcd'");
}

int cmd_bcd(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	bool json = false;
	int operand, r = cmd_parse(&verb, argc, argv, set_bcd_option, &json, &operand, &err);

	if (r == CMD_HELP_SHOWN)
		return 0;
	if (r == 0)
		r = run_bcd_action(argv + operand, argc - operand, json, &err);
	if (r >= 0 && cmd_end_output(&err) < 0)
		r = -err.code;
	if (r < 0)
		error_advise(&err,
			     "take it from a backup, or let bcdboot make a new one in the guest");
	return r < 0 ? cmd_fail(&err) : r;
}
