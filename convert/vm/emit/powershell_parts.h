/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and values of a hashtable of PowerShell. All have "Key = value" on a line of their own. */
#ifndef HVGEN2_CONVERT_VM_EMIT_POWERSHELL_PARTS_H
#define HVGEN2_CONVERT_VM_EMIT_POWERSHELL_PARTS_H

#include "common/buffer.h"
#include "convert/vm/vm.h"

struct ps_writer {
	struct buffer *out;
	unsigned int depth; /* of indentation */
};

/* A table or a list that begins at a key; NULL: within a list, or what 'opening' begins itself. */
void ps_open(struct ps_writer *writer, const char *key, const char *opening);
void ps_close(struct ps_writer *writer, const char *closing);

void ps_text(struct ps_writer *writer, const char *key, const char *text); /* NULL: $null */
void ps_unsigned(struct ps_writer *writer, const char *key, uint64_t value);
void ps_number(struct ps_writer *writer, const char *key, const struct vm_number *number);
void ps_bool(struct ps_writer *writer, const char *key, bool value);
void ps_flag(struct ps_writer *writer, const char *key, enum vm_flag flag);
void ps_guid(struct ps_writer *writer, const char *key, const struct guid *guid); /* NULL: $null */
void ps_mac(struct ps_writer *writer, const char *key, const uint8_t *mac);	  /* NULL: $null */
void ps_bytes(struct ps_writer *writer, const char *key, const uint8_t *data, size_t size);
void ps_texts(struct ps_writer *writer, const char *key, const char *const *texts, size_t count);

#endif
