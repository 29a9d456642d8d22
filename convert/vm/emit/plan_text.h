/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers of the configuration as the words of the cmdlets, and texts as XML can hold them. */
#ifndef HVGEN2_CONVERT_VM_EMIT_PLAN_TEXT_H
#define HVGEN2_CONVERT_VM_EMIT_PLAN_TEXT_H

#include "convert/vm/vm.h"

/* NULL for what is absent and for a number that is not known. */
const char *plan_start_action(enum vm_action action);
const char *plan_stop_action(enum vm_action action);
const char *plan_checkpoint_type(const struct vm_number *number);
const char *plan_critical_error(const struct vm_number *number);
const char *plan_resolution_type(const struct vm_number *number);
const char *plan_network_protocol(const struct vm_number *number);
const char *plan_iov_moderation(uint32_t number);

/*
 * A copy of 'text' in which what XML 1.0 cannot hold stands as "\u0001"; to be freed. *ret_changed
 * is set when there was such a character. NULL when out of memory.
 */
char *plan_xml_text(const char *text, bool *ret_changed);

/* Can XML hold it, and is it just shown (common/safe_text.h)? 'code' is from utf8_next(). */
bool plan_is_plain(uint32_t code);

/* As plan_xml_text(), of all that is not plain; of several lines the ends stay, and tabs. */
char *plan_plain_text(const char *text, bool has_lines);

#endif
