/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that take a VM out of a tree share: the table of rules, and the state of a
 * walk. */
#ifndef HVGEN2_CONVERT_VM_EXTRACT_H
#define HVGEN2_CONVERT_VM_EXTRACT_H

#include "convert/vm/vm.h"

/* A class of devices. Settings of all devices of one class stand in the rules under its alias. */
struct vm_class {
	const char *guid;  /* as guid_format() writes it */
	const char *alias; /* "@ide" */
	const char *name;
	const char *id;	    /* of the dropped rows; NULL when generation 2 has such a device */
	const char *advice; /* beside 'id' */
};

/* A device in the list of devices ("manifest"). */
struct vm_device {
	struct guid instance;
	const struct vm_class *class; /* NULL when it is not known */
	unsigned int order;
};

struct vm_devices {
	struct vm_device *list;
	size_t count;
};

/* The devices of the manifest. -ENOMEM. */
int vm_devices_read(const struct vm_node *configuration, struct vm_devices *ret, struct error *err);

/* The class of GUID 'guid'; NULL when it is not known. */
const struct vm_class *vm_class_of(const struct guid *guid);

/* Is the device of this branch ("_<instance>_"), or does it look like, an array of legacy
 * adapters? */
bool vm_is_legacy(const struct vm_node *branch);

/*
 * The class of a branch below "configuration" when its name is that of a device, and its order in
 * the list; NULL when it is none. A device of an unknown class has the class whose alias is
 * "@unknown".
 */
const struct vm_class *vm_class_of_branch(const struct vm_devices *devices,
					  const struct vm_node *branch, unsigned int *ret_order);

/* Where the walk stands. Indexes, as the lists grow. */
#define VM_NONE SIZE_MAX
struct vm_walk {
	struct vm *vm;
	struct vm_devices devices;
	const struct vm_class *class; /* of the device in whose branch it is */
	unsigned int order;	      /* of that device */
	size_t controller, drive, adapter;
	size_t service;
	const char *parts[VM_MAX_DEPTH]; /* the path, with the alias in the place of a device */
	size_t depth;
	struct error *err;
};

enum vm_scope { SCOPE_NONE, SCOPE_VM, SCOPE_CONTROLLER, SCOPE_DRIVE, SCOPE_ADAPTER };
enum vm_field { FIELD_NONE, FIELD_TEXT, FIELD_NUMBER, FIELD_FLAG, FIELD_GUID, FIELD_MAC };

/*
 * A setting. Patterns have the parts of a path: a name, "name#" (with digits), "name*" (with
 * anything), "*" (one part), and at the end "**" (all the rest). The first rule that matches holds.
 */
struct vm_rule {
	const char *pattern;
	const char *what;
	enum vm_status status;
	const char *usual; /* a value that is ignored, as the default, or as nothing that was set */
	const char *unit;
	enum vm_scope scope; /* which object has the field */
	enum vm_field field;
	size_t offset;
	uint64_t most;	/* of a number; 0: any */
	const char *to; /* what it becomes when it is changed */
	const char *how;
	const char *id;
	const char *advice;
	/* Decides what the value decides, when all the above is filled in. 0 or a negative
	 * errno. */
	int (*judge)(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
};

extern const struct vm_rule vm_rules[];
extern const size_t vm_rule_count;

/* Decisions that a row makes by its value; see judge.c. */
int vm_judge_generation(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_maximum(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_device(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_class(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_boot(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_protocol(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_com(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_service(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_power(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_drive_type(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_drive_path(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_mac(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
int vm_judge_switch(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);
/* features.c */
int vm_judge_feature(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row);

/* Say that a row is not carried. */
void vm_row_drop(struct vm_row *row, const char *id, const char *advice);
void vm_row_ignore(struct vm_row *row, const char *how);
/* 'to' is copied; -ENOMEM shows in rows->failed. */
void vm_row_becomes(struct vm_rows *rows, struct vm_row *row, const char *to);

/* An empty row for the leaf, with path and value; NULL when out of memory. */
struct vm_row *vm_row_add(struct vm_rows *rows, const struct vm_node *leaf, const char *unit);

/* One of what is no leaf; the texts are given away. NULL when out of memory, or one of them is. */
struct vm_row *vm_row_new(struct vm_rows *rows, char *path, char *from);

/* Which drives go where, and which one is the boot disk (slots.c). Rows of the drives are
 * completed. */
void vm_assign_slots(struct vm *vm);

/* The objects where the walk stands. */
struct vm_controller *vm_walk_controller(const struct vm_walk *walk);
struct vm_drive *vm_walk_drive(const struct vm_walk *walk);
struct vm_adapter *vm_walk_adapter(const struct vm_walk *walk);

/* The digits at the end of "drive12"; false when there are none, or more than three. */
bool vm_number_of(const char *name, const char *prefix, unsigned int *ret);

#endif
