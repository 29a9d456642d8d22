/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file system as GRUB reads it, for those that no library reads: asked of a process that has not
 * locked itself in (convert/grub_reader). What GRUB does not read here it does not read when the new
 * disk is started either.
 *
 * GRUB sees a Btrfs from its top, and so do menus that are made for it ("/@/boot/vmlinuz"); the
 * system's own paths begin in the subvolume that is its root. Here all begin there, but for those that
 * name that subvolume. In Fedora's, "/root", the home of its user root cannot be named so: there is
 * nothing in it that is looked for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/grub_reader/reader.h"
#include "convert/linux_files/grub_folders.h"
#include "convert/linux_files/grub_words.h"
#include "convert/linux_files/kinds.h"

#define MAX_PATH    4096
#define MAX_LISTING (16 * MIB)
#define MAX_PROBE   4096
/* What a text has, and as far as is read to see that there is a file. */
#define MAX_TEXT      (4 * MIB)
#define MAX_FILE      (512 * MIB)
#define MAX_TOPS      32
#define SNAPSHOTS     "/@/.snapshots" /* of SUSE: its root is N/snapshot in it */
#define MAX_SNAPSHOTS 128

struct grub_files {
	struct linux_files files;
	struct grub_reader *reader; /* borrowed */
	char device[640];
	struct error trouble;	   /* of this host: no absence */
	char top[LINUX_FILES_TOP]; /* of the system's root; "" is that of the file system */
	struct grub_folders folders;
};

struct grub_stream {
	struct linux_stream stream;
	int fd;
	uint64_t at;
};

static struct grub_files *grub_of(struct linux_files *files)
{
	return (struct grub_files *)files;
}

/* From the top of the file system. */
static int full_path(const struct grub_files *grub, const char *path, const char *end,
		     char full[MAX_PATH], struct error *err)
{
	size_t top = strlen(grub->top);
	const char *slash = path[0] == '/' ? "" : "/";
	bool is_folder = path[0] && path[strlen(path) - 1] == '/';
	bool is_full = top && strncmp(path, grub->top, top) == 0 && path[top] == '/';

	if (snprintf(full, MAX_PATH, "%s%s%s%s", is_full ? "" : grub->top, slash, path,
		     is_folder ? "" : end) < MAX_PATH)
		return 0;
	return error_failed(err, ENAMETOOLONG, "'%s': %s", path, strerror(ENAMETOOLONG));
}

/* ret->fd is a memory file of ret->size bytes, at most 'most'. */
static int ask(const struct grub_files *grub, enum grub_reader_wish wish, const char *path,
	       uint64_t most, struct grub_reader_answer *ret, struct error *err)
{
	char full[MAX_PATH];
	const struct grub_reader_question question = {wish, grub->device, full, most};
	int r = full_path(grub, path, wish == GRUB_READER_LIST ? "/" : "", full, err);

	ret->fd = -1;
	if (r == 0 && grub_folders_lack(&grub->folders, full))
		return error_failed(err, ENOENT, "'%s': %s", path, strerror(ENOENT));
	if (r == 0)
		r = grub_reader_ask(grub->reader, &question, ret, err);
	return r == 0 && ret->fd < 0 ? grub_words_error(ret->said, path, err) : r;
}

/* --- files --- */

static int read_answer(struct linux_stream *base, void *buffer, size_t size, size_t *ret_got,
		       struct error *err)
{
	struct grub_stream *stream = (struct grub_stream *)base;
	size_t done = 0;

	while (done < size) {
		ssize_t got = pread(stream->fd, (char *)buffer + done, size - done,
				    (off_t)(stream->at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, "cannot read what GRUB has read");
		if (got == 0)
			break;
		done += (size_t)got;
	}
	stream->at += done;
	*ret_got = done;
	return 0;
}

static void close_answer(struct linux_stream *base)
{
	struct grub_stream *stream = (struct grub_stream *)base;

	close(stream->fd);
	free(stream);
}

static const struct linux_stream_ops grub_stream_ops = {.read = read_answer, .close = close_answer};

static int open_in_grub(struct linux_files *files, const char *path, uint64_t most,
			struct linux_stream **ret, struct error *err)
{
	struct grub_reader_answer answer;
	struct grub_stream *stream;
	int r = ask(grub_of(files), GRUB_READER_READ, path, most <= MAX_TEXT ? MAX_TEXT : MAX_FILE,
		    &answer, err);

	if (r < 0)
		return r;
	stream = malloc(sizeof(*stream));
	if (!stream) {
		close(answer.fd);
		return error_failed(err, ENOMEM, "'%s': out of memory", path);
	}
	*stream = (struct grub_stream){.stream = {.ops = &grub_stream_ops, .size = answer.size},
				       .fd = answer.fd};
	*ret = &stream->stream;
	return 0;
}

/* GRUB tells a folder by not reading it. Of a file that is larger than a text it is only known that it
 * is. */
static int find_in_grub(struct linux_files *files, const char *path, enum linux_file_type *ret,
			uint64_t *ret_size, struct error *err)
{
	struct error problem = ERROR_INIT;
	struct grub_reader_answer answer;
	int r = ask(grub_of(files), GRUB_READER_READ, path, MAX_TEXT, &answer, &problem);

	cleanup_close(&answer.fd);
	*ret = r == 0 || r == -EFBIG ? LINUX_FILE_REGULAR : LINUX_FILE_FOLDER;
	*ret_size = r == 0 ? answer.size : MAX_TEXT + 1;
	if (r == 0 || r == -EFBIG || (problem.kind == ERROR_FAILED && problem.code == EISDIR))
		return 0;
	if (err)
		*err = problem;
	return r;
}

/* --- folders --- */

/* All of an answer, which is closed. */
static int take_text(struct grub_reader_answer *answer, char **ret_text, size_t *ret_size,
		     struct error *err)
{
	size_t size = (size_t)answer->size;
	char *text = malloc(size + 1);
	int r = 0;

	*ret_text = text;
	*ret_size = size;
	if (!text)
		r = error_failed(err, ENOMEM, "out of memory");
	else if (pread(answer->fd, text, size, 0) != (ssize_t)size)
		r = error_failed(err, EIO, "cannot read what GRUB has read");
	else
		text[size] = '\0';
	close(answer->fd);
	return r;
}

/* As 'ls' prints it: at least a line end for a folder, nothing for anything else. */
static int read_listing(const struct grub_files *grub, const char *path, char **ret_text,
			size_t *ret_size, struct error *err)
{
	struct grub_reader_answer answer;
	int r = ask(grub, GRUB_READER_LIST, path, MAX_LISTING, &answer, err);

	return r < 0 ? r : take_text(&answer, ret_text, ret_size, err);
}

/* Is it a folder? */
static int has_folder(const struct grub_files *grub, const char *path, bool *ret, struct error *err)
{
	CLEANUP_FREE char *text = NULL;
	char full[MAX_PATH];
	size_t size = 0;
	int r = full_path(grub, path, "/", full, err);

	*ret = r == 0 && grub_folders_has(&grub->folders, full);
	if (r < 0 || *ret)
		return r;
	r = read_listing(grub, path, &text, &size, err);
	*ret = r == 0 && size > 0;
	return r;
}

/* A list that was read to its end has an empty line there. */
static bool is_whole(const char *text, size_t size)
{
	return text[size - 1] == '\n' && (size == 1 || text[size - 2] == '\n');
}

/* What is no folder prints nothing, and one that cannot be read neither. */
static int fail_list(struct linux_files *files, const char *path, struct error *err)
{
	enum linux_file_type type;
	uint64_t size;
	int r = find_in_grub(files, path, &type, &size, err);

	if (r < 0)
		return r;
	if (type != LINUX_FILE_FOLDER)
		return error_failed(err, ENOTDIR, "'%s': %s", path, strerror(ENOTDIR));
	return error_damaged(err, "'%s' is a folder that GRUB cannot read", path);
}

/* Ask for the folders that are looked into most. What is on the device stands in front of the answer,
 * where it can be told. Whatever is in the way of that is in the way of a single question, or of one
 * folder. */
static bool read_folders(struct grub_reader *reader, const char *device, const char *paths,
			 char **ret_text, size_t *ret_size)
{
	const struct grub_reader_question question = {GRUB_READER_NAMES, device, paths,
						      MAX_LISTING};
	struct grub_reader_answer answer;

	return grub_reader_ask(reader, &question, &answer, NULL) == 0 && answer.fd >= 0 &&
	       take_text(&answer, ret_text, ret_size, NULL) == 0;
}

static void learn_folders(struct grub_files *grub, const char *top)
{
	CLEANUP_FREE char *text = NULL;
	char paths[GRUB_FOLDERS_TEXT];
	size_t size = 0;

	grub_folders_paths(top, paths);
	if (read_folders(grub->reader, grub->device, paths, &text, &size))
		grub_folders_take(&grub->folders, paths, text, size);
}

static int list_in_grub(struct linux_files *files, const char *path, char ***ret_names,
			size_t *ret_count, struct error *err)
{
	const struct grub_files *grub = grub_of(files);
	CLEANUP_FREE char *text = NULL;
	size_t size = 0;
	int r = read_listing(grub, path, &text, &size, err);

	if (r < 0)
		return r;
	if (size == 0)
		return fail_list(files, path, err);
	if (!is_whole(text, size))
		return error_damaged(err, "'%s' is a folder that GRUB cannot read to its end",
				     path);
	r = grub_words_names(text, size, ret_names, ret_count, err);
	return r < 0 ? error_prefix(err, "'%s'", path) : 0;
}

/* --- the file system --- */

static const char *no_trouble(const struct linux_files *files)
{
	(void)files;
	return NULL; /* it is GRUB that reads it */
}

static const char *top_of_grub(const struct linux_files *files)
{
	return ((const struct grub_files *)files)->top;
}

static void close_grub(struct linux_files *files)
{
	grub_folders_done(&grub_of(files)->folders);
	free(files);
}

static const struct linux_files_ops grub_ops = {
	.find = find_in_grub,
	.list = list_in_grub,
	.open = open_in_grub,
	.grub_trouble = no_trouble,
	.top = top_of_grub,
	.close = close_grub,
};

static bool has_system(struct grub_files *grub, const char *top)
{
	struct error problem = ERROR_INIT;
	bool has_etc;

	snprintf(grub->top, sizeof(grub->top), "%s", top);
	if (grub->trouble.kind != ERROR_NONE)
		return false;
	if (has_folder(grub, "/etc", &has_etc, &problem) < 0 && error_is_of_host(&problem))
		grub->trouble = problem;
	return has_etc;
}

static bool is_number(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= 10 && strspn(name, "0123456789") == length;
}

/* Which of several snapshots is the default subvolume GRUB does not say. The first two are enough to
 * know that, and so are more than anybody keeps. */
static int choose_snapshot(struct grub_files *grub, char **names, size_t count, struct error *err)
{
	char top[LINUX_FILES_TOP], found[LINUX_FILES_TOP] = "";
	size_t systems = 0, asked = 0;

	for (size_t i = 0; i < count && systems < 2 && asked < MAX_SNAPSHOTS; i++) {
		if (!is_number(names[i]))
			continue;
		asked++;
		snprintf(top, sizeof(top), SNAPSHOTS "/%.10s/snapshot", names[i]);
		if (!has_system(grub, top))
			continue;
		systems++;
		snprintf(found, sizeof(found), "%s", top);
	}
	snprintf(grub->top, sizeof(grub->top), "%s", found);
	if (systems < 2 && asked < MAX_SNAPSHOTS)
		return 0;
	return error_refused(
		err, REFUSAL_LINUX_UNREADABLE,
		"in the guest, remove all snapshots but the one that runs (snapper "
		"delete), and convert again",
		"the system stands in one of several snapshots of Btrfs, and which one "
		"is the default cannot be read here");
}

/* The first one is made at installation; after a rollback it is another that runs. grub->top stays ""
 * where there is none. */
static int find_snapshot(struct grub_files *grub, struct error *err)
{
	struct error problem = ERROR_INIT;
	char **names = NULL;
	size_t count = 0;
	bool has_any;
	int r;

	grub->top[0] = '\0';
	r = has_folder(grub, SNAPSHOTS, &has_any, &problem);
	if (r < 0 && error_is_of_host(&problem)) {
		*err = problem;
		return r;
	}
	if (!has_any)
		return 0;
	r = list_in_grub(&grub->files, SNAPSHOTS, &names, &count, err);
	if (r == 0)
		r = choose_snapshot(grub, names, count, err);
	linux_files_names_free(names, count);
	return r;
}

/* A folder "etc" alone may be one of the user root, whose home looks like Fedora's top. */
static int has_programs(struct grub_files *grub, bool *ret, struct error *err)
{
	struct error problem = ERROR_INIT;
	int r = has_folder(grub, "/usr", ret, &problem);

	if (r == 0 || !error_is_of_host(&problem))
		return 0;
	*err = problem;
	return r;
}

/* The menu that was started by the BIOS may be that of either. */
static int refuse_tops(const char *one, const char *other, struct error *err)
{
	return error_refused(
		err, REFUSAL_LINUX_AMBIGUOUS,
		"in the guest, remove from the Btrfs the system that does not run, and "
		"convert again",
		"systems stand in two places of one Btrfs, '%s' and '%s', and which of "
		"them is started cannot be told",
		*one ? one : "/", other);
}

/* A system somewhere else, which is no data. */
static int check_other_tops(struct grub_files *grub, struct error *err)
{
	char **names = NULL;
	size_t count = 0;
	char path[300];
	bool has_etc = false;
	int r = list_in_grub(&grub->files, "/", &names, &count, err);

	for (size_t i = 0; r == 0 && !has_etc && i < count && i < MAX_TOPS; i++) {
		struct error problem = ERROR_INIT;

		snprintf(path, sizeof(path), "/%s/etc", names[i]);
		r = has_folder(grub, path, &has_etc, &problem);
		if (r < 0 && error_is_of_host(&problem))
			*err = problem;
		else
			r = 0;
	}
	linux_files_names_free(names, count);
	if (r < 0 || !has_etc)
		return r;
	return error_refused(
		err, REFUSAL_LINUX_UNREADABLE,
		"in the guest, move /boot and root to ext4, or into the subvolume '@', "
		"and convert again",
		"a system stands in '%.*s' of the Btrfs, and not at its top or in '@', "
		"'@rootfs' or 'root'",
		(int)(strlen(path) - strlen("/etc")), path);
}

/* Where the distributions put the root of a Btrfs: openSUSE into a snapshot, Debian, Ubuntu and Arch,
 * Fedora. What is none of these is data, seen from its top. */
static int find_top(struct grub_files *grub, struct error *err)
{
	static const char *const tops[] = {"", "/@", "/@rootfs", "/root"};
	const char *found = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
		bool is_system = has_system(grub, tops[i]);

		r = is_system && found ? has_programs(grub, &is_system, err) : 0;

		if (r < 0)
			return r;
		if (is_system && found)
			return refuse_tops(found, tops[i], err);
		if (is_system)
			found = tops[i];
	}
	if (found) {
		snprintf(grub->top, sizeof(grub->top), "%s", found);
		return 0;
	}
	r = find_snapshot(grub, err);
	return r < 0 || grub->top[0] ? r : check_other_tops(grub, err);
}

/* Is there a file system that GRUB knows? When it does not list the top it says why of a file. */
static int check_root(struct grub_files *grub, struct error *err)
{
	struct error problem = ERROR_INIT;
	enum linux_file_type type = LINUX_FILE_NONE;
	uint64_t file_size;
	bool has_top;
	int r = has_folder(grub, "/", &has_top, &problem);

	if (r == 0 && !has_top)
		r = find_in_grub(&grub->files, "/", &type, &file_size, &problem);
	if (r == 0)
		return 0;
	if (problem.kind == ERROR_DAMAGED)
		return error_refused(err, REFUSAL_LINUX_UNREADABLE, LINUX_UNREADABLE_ADVICE, "%s",
				     problem.message);
	*err = problem;
	return r;
}

int linux_files_open_grub(struct grub_reader *reader, const char *device, bool has_subvolumes,
			  struct linux_files **ret, struct error *err)
{
	CLEANUP_LINUX_FILES struct linux_files *files = NULL;
	struct grub_files *grub = calloc(1, sizeof(*grub));
	int r;

	if (!grub)
		return error_failed(err, ENOMEM, "out of memory");
	files = &grub->files;
	grub->files.ops = &grub_ops;
	grub->reader = reader;
	snprintf(grub->device, sizeof(grub->device), "%s", device);
	learn_folders(grub, "");
	r = check_root(grub, err);
	if (r == 0 && has_subvolumes)
		r = find_top(grub, err);
	if (r == 0 && grub->top[0])
		learn_folders(grub, grub->top);
	if (r == 0 && grub->trouble.kind != ERROR_NONE) {
		*err = grub->trouble;
		return -err->code;
	}
	if (r == 0)
		*ret = TAKE(files);
	return r;
}

/* It stands in front of the folders, which are asked for anyway. */
static bool probe_with_folders(struct grub_reader *reader, const char *device,
			       struct linux_volume_id *ret)
{
	CLEANUP_FREE char *text = NULL;
	char paths[GRUB_FOLDERS_TEXT];
	size_t size = 0;

	grub_folders_paths("", paths);
	if (!read_folders(reader, device, paths, &text, &size))
		return false;
	text[grub_folders_device(paths, text, size)] = '\0';
	grub_words_probe(text, ret);
	return ret->contents != LINUX_NOTHING;
}

int linux_files_probe_by_grub(struct grub_reader *reader, const char *device,
			      struct linux_volume_id *ret, struct error *err)
{
	const struct grub_reader_question question = {GRUB_READER_PROBE, device, "", MAX_PROBE};
	struct grub_reader_answer answer;
	char text[1024];
	ssize_t got;
	int r;

	if (probe_with_folders(reader, device, ret))
		return 0;
	r = grub_reader_ask(reader, &question, &answer, err);
	*ret = (struct linux_volume_id){.contents = LINUX_NOTHING};
	if (r < 0 || answer.fd < 0)
		return r;
	got = pread(answer.fd, text, sizeof(text) - 1, 0);
	close(answer.fd);
	text[got < 0 ? 0 : got] = '\0';
	grub_words_probe(text, ret);
	return 0;
}
