/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 nvram: what its actions share. */
#ifndef HVGEN2_CONVERT_CMD_NVRAM_ACTION_H
#define HVGEN2_CONVERT_CMD_NVRAM_ACTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "convert/cmd/source.h"
#include "nvram/nvram.h"

/* Everything the command line can say. Strings are borrowed from it. */
struct nvram_options {
	bool json, dry_run, all, replace, drop, force, experimental;
	bool has_lun, ipv4, ipv6;
	unsigned int lun;
	unsigned int partition; /* 0: not given */
	const char *disk, *path, *description;
	struct guid controller, adapter;
	const char *format, *variable, *output;
	const char *keys;	       /* the file they come from */
	struct cmd_source disk_source; /* how 'disk' is to be opened */
};

/*
 * One action at work: options, what stands between the action and the store, and the store itself.
 */
struct nvram_command {
	struct nvram_options options;
	const char *action;
	char **operands;
	size_t operand_count;
	struct nvram_store store;
	const char *summary; /* for edits: what was done, as a clause: "is first now" */
	char *summary_text;  /* of it, what is to be freed */
	uint16_t number;     /* for edits: the entry it was done to */
	bool has_number;
};

/* A boot entry with its place, listed or not, readable or not. */
struct nvram_entry {
	uint16_t number;
	bool in_order;
	bool exists;		      /* a number in BootOrder may have no variable */
	struct nvram_boot_entry boot; /* when it cannot be read: type OTHER, path "" and the reason
					 as description */
};

/* In boot order, then those outside it by number. Embedded. */
struct nvram_entries {
	struct nvram_entry *list;
	size_t count;
};

#define NVRAM_ENTRIES_INIT                                                                         \
	{                                                                                          \
		.list = NULL                                                                       \
	}
void cmd_nvram_entries_done(struct nvram_entries *entries);
#define CLEANUP_ENTRIES CLEANUP(cmd_nvram_entries_done)

int cmd_nvram_entries_read(const struct nvram *nvram, struct nvram_entries *ret, struct error *err);

/*
 * The entry that 'text' means: a number of four digits, "network:0" (a type and an index among that
 * type in boot order), or a description that only one entry has. ERROR_USAGE otherwise.
 */
int cmd_nvram_entries_find(const struct nvram_entries *entries, const char *text, size_t *ret,
			   struct error *err);

/* All entries of the store, and the one that the first operand means. *ret is initialised, and to
 * be released after a failure too. */
int cmd_nvram_entries_operand(const struct nvram_command *command, struct nvram_entries *ret,
			      size_t *ret_found, struct error *err);

/* "File", "Drive", "Network", "Other" */
const char *cmd_nvram_type_text(enum nvram_boot_type type);

/* Optional data in words; to be freed. NULL when out of memory. */
char *cmd_nvram_optional_text(const struct nvram_boot_entry *entry);

/* The actions. Each returns 0 or a negative errno; output goes to standard output. */
int cmd_nvram_list(struct nvram_command *command, struct error *err);
int cmd_nvram_show(struct nvram_command *command, struct error *err);
int cmd_nvram_show_all(struct nvram_command *command, struct error *err);
int cmd_nvram_edit_add_file(struct nvram_command *command, struct error *err);
int cmd_nvram_edit_add_drive(struct nvram_command *command, struct error *err);
int cmd_nvram_edit_add_network(struct nvram_command *command, struct error *err);
int cmd_nvram_edit_first(struct nvram_command *command, struct error *err);
int cmd_nvram_edit_order(struct nvram_command *command, struct error *err);
int cmd_nvram_edit_remove(struct nvram_command *command, struct error *err);
int cmd_nvram_edit_set(struct nvram_command *command, struct error *err);
/* Is there such a format? ERROR_USAGE names all. */
int cmd_nvram_check_format(const char *name, struct error *err);
int cmd_nvram_export(struct nvram_command *command, struct error *err);
int cmd_nvram_edit_add_keys(struct nvram_command *command, struct error *err);
int cmd_nvram_edit_import(struct nvram_command *command, struct error *err);

/* The version of the documents, schema/nvram.schema.json. */
void cmd_nvram_set_schema(json_t *root);

/* The "entries" array and all around it. NULL when out of memory. */
json_t *cmd_nvram_list_json(const struct nvram_command *command,
			    const struct nvram_entries *entries);

/* The table of 'list'. */
int cmd_nvram_print_list(const struct nvram_command *command, const struct nvram_entries *entries,
			 struct error *err);

#endif
