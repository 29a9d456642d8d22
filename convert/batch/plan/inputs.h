/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a batch is to convert, as its command line and lists name it. */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_INPUTS_H
#define HVGEN2_CONVERT_BATCH_PLAN_INPUTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

/* What an option of a conversion is in a list. */
enum column_kind {
	COLUMN_UNKNOWN,
	COLUMN_RESERVED, /* an option that the batch sets itself */
	COLUMN_FLAG,	 /* has no argument */
	COLUMN_VALUE,
	COLUMN_PATH, /* a file or folder of this host */
};

/* What the room above knows of the options of a conversion. */
struct conversion_options {
	enum column_kind (*kind)(const char *name);
	/* Is 'value' (NULL of a flag) one that it takes? Errors: ERROR_USAGE. */
	int (*check)(const char *name, const char *value, struct error *err);
	/* Is it the configuration of a VM, or a folder with one, and no disk? */
	bool (*is_vm)(const char *path, const json_t *options);
	/* Set of a VM, with these options, object["name"], ["files"], paths of what is read, its configuration first,
	 * ["kept"], those of its other disks, and ["slots"] of its data disks that are made. */
	int (*read_vm)(const char *path, json_t *options, json_t *object, struct error *err);
	/* Set object["store"], ["report"], of a VM what else is made, and ["disk"], as record_path() reads them: what the
	 * outputs of the VM 'name' are called, with these options, in this folder unless they say another. 'vm' is what
	 * read_vm() says; NULL for a disk. */
	int (*name_outputs)(const char *name, const char *folder, json_t *options, const json_t *vm,
			    json_t *outputs, struct error *err);
};

struct input {
	char *path;	 /* absolute */
	char *name;	 /* of the VM; NULL until it is known */
	json_t *options; /* an object: option -> true, text, or a list of texts; NULL: none were given */
	json_t *vm;	 /* what read_vm() says; NULL for a disk */
	json_t *sources;      /* identity.h; NULL until it was read */
	json_t *outputs;      /* as name_outputs() makes them; NULL until then */
	bool is_of_folder;    /* found in it, not named */
	bool is_parent;	      /* of another one, or a disk of a VM */
	struct error problem; /* of reading its identity */
};

struct input_list {
	struct input *items;
	size_t count;
};

void input_list_done(struct input_list *list);
#define CLEANUP_INPUTS CLEANUP(input_list_done)

/* Does one of them, which all have names, stand for the VM of this name and source? */
bool input_list_has(const struct input_list *list, const char *name, const char *path);

/* A new one at the end; NULL when out of memory. Takes 'path' and 'options' over. */
struct input *input_list_add(struct input_list *list, char *path, char *name, json_t *options);

/* A sentence for the user. */
struct teller {
	void (*tell)(void *opaque, const char *text);
	void *opaque;
};

/* A disk or a VM; or of a folder its disks and VMs, by their names, and the VMs whose exports are folders in it. What it holds
 * besides that looks like a VM is told. (find.c) */
int inputs_add(struct input_list *list, const char *path, const struct teller *teller,
	       struct error *err);

/* The rows of a list: CSV whose first line names the columns, or one JSON object a line ('-': standard input). Errors:
 * ERROR_USAGE with line and column. */
int inputs_add_list(struct input_list *list, const char *path,
		    const struct conversion_options *known, struct error *err);

/* For list.c: put a cell into the input of its row. 'where' begins a message. */
int input_set(struct input *input, const char *column, const json_t *value, const char *where,
	      const struct conversion_options *known, struct error *err);

#endif
