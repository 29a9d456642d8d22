/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Step of the conversion that looks at settings which are carried and yet will not do what they did:
 * see conversion.h. A setting is in force in an entry when the entry has it, or when an object that
 * it inherits from has it and none before that one does.
 */
#include <stdio.h>
#include <string.h>

#include "bcd/conversion.h"
#include "bcd/decision.h"
#include "bcd/names.h"

/* Real entries inherit from six objects, by six references. */
#define MAX_CHAIN      32
#define MAX_REFERENCES 256

#define KIND_APPLICATION 1
#define ORIGIN_SIZE	 (BCD_TITLE_SIZE + 32)

/* An entry and what it inherits from, in the order in which elements are looked for. */
struct chain {
	const struct bcd_object *objects[MAX_CHAIN];
	size_t count;
	size_t references; /* that were followed */
};

static bool is_in_chain(const struct chain *chain, const struct bcd_object *object)
{
	for (size_t i = 0; i < chain->count; i++)
		if (chain->objects[i] == object)
			return true;
	return false;
}

static void follow_inheritance(const struct bcd_store *store, const struct bcd_object *object,
			       struct chain *chain)
{
	const struct bcd_element *inherit = bcd_object_find(object, BCD_INHERIT);
	CLEANUP_FREE struct guid *ids = NULL;
	size_t count = 0;

	if (chain->count == MAX_CHAIN || is_in_chain(chain, object))
		return;
	chain->objects[chain->count++] = object;
	if (inherit)
		(void)bcd_element_guids(inherit, &ids, &count);
	for (size_t i = 0; i < count && chain->references++ < MAX_REFERENCES; i++) {
		const struct bcd_object *next = bcd_store_find(store, &ids[i]);

		if (next)
			follow_inheritance(store, next, chain);
	}
}

/* Old forms of nointegritychecks and testsigning. */
static bool asks_for_unsigned_code(const char *options)
{
	return strcasestr(options, "DISABLE_INTEGRITY_CHECKS") ||
	       strcasestr(options, "TESTSIGNING");
}

/* Does the element, which is well-formed, switch something on? */
static bool is_on(const struct bcd_object *object, const struct bcd_element *element)
{
	CLEANUP_FREE char *text = NULL;
	uint64_t number;

	switch (BCD_ELEMENT_FORMAT(element->code)) {
	case BCD_FORMAT_BOOLEAN:
		return bcd_object_bool(object, element->code);
	case BCD_FORMAT_INTEGER:
		return bcd_element_integer(element, &number) && number != 0;
	case BCD_FORMAT_STRING:
		text = bcd_object_string(object, element->code);
		if (element->code == BCD_LOADOPTIONS)
			return text && asks_for_unsigned_code(text);
		return text && *text;
	default:
		return element->size > 0;
	}
}

/* Is the element of one object of the chain the one that counts for the entry? */
static bool is_in_force(const struct chain *chain, size_t at, uint32_t code)
{
	for (size_t i = 0; i < at; i++)
		if (bcd_object_find(chain->objects[i], code))
			return false;
	return true;
}

/* ", which it inherits from {globalsettings}"; nothing for an element of the entry itself. */
static const char *origin(const struct chain *chain, size_t at, char text[ORIGIN_SIZE])
{
	const struct bcd_object *from = chain->objects[at];
	const char *alias = bcd_object_alias(&from->id);
	char title[BCD_TITLE_SIZE];

	text[0] = '\0';
	if (at > 0)
		snprintf(text, ORIGIN_SIZE, ", which it inherits from %s,",
			 alias ? alias : bcd_object_title(from, title));
	return text;
}

static bool is_worth_a_warning(const struct bcd_object *entry, const struct bcd_decision *decision)
{
	if (!decision)
		return false;
	return decision->fate == BCD_WARNED ||
	       (decision->fate == BCD_WARNED_IN_LOADER && entry->type == BCD_OBJECT_OSLOADER);
}

static void warn_of_object(struct conversion *conversion, const struct chain *chain, size_t at)
{
	const struct bcd_object *entry = chain->objects[0], *object = chain->objects[at];
	char title[BCD_TITLE_SIZE], name[BCD_NAME_SIZE], from[ORIGIN_SIZE];

	for (size_t i = 0; i < object->element_count; i++) {
		const struct bcd_element *element = &object->elements[i];
		const struct bcd_decision *decision = bcd_decide(entry->type, element->code);

		if (is_worth_a_warning(entry, decision) && is_on(object, element) &&
		    is_in_force(chain, at, element->code))
			WARNING(conversion, "%s of %s%s stays as it is: %s",
				bcd_element_label(entry->type, element->code, name),
				bcd_object_title(entry, title), origin(chain, at, from),
				decision->reason);
	}
}

static void warn_of_length(struct conversion *conversion, const struct bcd_object *entry)
{
	char title[BCD_TITLE_SIZE];

	WARNING(conversion,
		"%s inherits from more objects than any Windows makes; what Secure Boot does not "
		"honour was looked for in the first %d only",
		bcd_object_title(entry, title), MAX_CHAIN);
}

int bcd_warn_settings(struct conversion *conversion)
{
	const struct bcd_store *store = conversion->store;

	for (size_t i = 0; i < store->object_count; i++) {
		struct chain chain = {.count = 0};

		if (BCD_OBJECT_KIND(store->objects[i]->type) != KIND_APPLICATION)
			continue;
		follow_inheritance(store, store->objects[i], &chain);
		if (chain.count == MAX_CHAIN || chain.references > MAX_REFERENCES)
			warn_of_length(conversion, store->objects[i]);
		for (size_t at = 0; at < chain.count; at++)
			warn_of_object(conversion, &chain, at);
	}
	return 0;
}
