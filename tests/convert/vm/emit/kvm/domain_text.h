/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands in a domain, read back without libxml2, which wrote it, and what should stand there by rules of its own: Unicode's
 * controls, its line and paragraph ends, what turns the direction of writing, and what XML 1.0 has no place for.
 */
#ifndef HVGEN2_TESTS_CONVERT_VM_EMIT_KVM_DOMAIN_TEXT_H
#define HVGEN2_TESTS_CONVERT_VM_EMIT_KVM_DOMAIN_TEXT_H

#include "common/buffer.h"

enum domain_rule {
	DOMAIN_NAME,  /* '_' for what does not go, and for '/' */
	DOMAIN_LINE,  /* "\u202E" for it */
	DOMAIN_LINES, /* the same, but line ends and tabs stay, and CR LF is LF */
};

/* The text of the first element of that name, to be freed; NULL when there is none, when it holds another element, or anything
 * that a text may not hold in XML. */
char *domain_text(const struct buffer *xml, const char *element);

/* Elements and attributes of the whole document, without their texts: the same for every name of a VM. To be freed; NULL when
 * tags do not match. */
char *domain_shape(const struct buffer *xml);

/* To be freed. */
char *domain_expected(const char *text, enum domain_rule rule);

#endif
