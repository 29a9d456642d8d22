/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text as the name and the notes of a VM, in a domain: read back it is the same, but for what is never shown, and all around it
 * is as it is for any other text. */
#include <stdlib.h>
#include <string.h>

#include "convert/vm/emit/kvm/libvirt.h"
#include "fuzz.h"
#include "tests/convert/vm/emit/kvm/domain_text.h"

static struct buffer domain_of(const char *text)
{
	const struct kvm_wishes wishes = {.folder = "/srv", .store = "/srv/vm.fd"};
	CLEANUP_KVM_MACHINE struct kvm_machine machine = KVM_MACHINE_INIT;
	struct vm_plan plan = {.name = text, .notes = text};
	struct buffer xml = BUFFER_INIT;
	struct error err = ERROR_INIT;

	plan.serials[0] = plan.serials[3] = (char *)(uintptr_t)text;
	if (kvm_machine_make(&plan, &wishes, &machine, &err) < 0)
		abort();
	emit_libvirt(&machine, &xml);
	if (xml.failed)
		abort();
	return xml;
}

static void check_element(const struct buffer *xml, const char *element, const char *text,
			  enum domain_rule rule)
{
	CLEANUP_FREE char *found = domain_text(xml, element);
	CLEANUP_FREE char *expected = domain_expected(text, rule);

	if (!found || !expected || strcmp(found, expected) != 0)
		abort();
}

/* Beside a name that gets a title as well. */
static void check_shape(const struct buffer *xml, const char *other)
{
	CLEANUP_BUFFER struct buffer plain = domain_of(other);
	CLEANUP_FREE char *a = domain_shape(xml), *b = domain_shape(&plain);

	if (!a || !b || strcmp(a, b) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = malloc(size + 1);
	CLEANUP_FREE char *name = NULL;
	CLEANUP_BUFFER struct buffer xml = BUFFER_INIT;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!*text)
		return 0;
	xml = domain_of(text);
	name = domain_expected(text, DOMAIN_NAME);
	check_element(&xml, "name", text, DOMAIN_NAME);
	check_element(&xml, "entry", text, DOMAIN_LINE);
	if (strcmp(name, text) != 0)
		check_element(&xml, "title", text, DOMAIN_LINE);
	check_element(&xml, "description", text, DOMAIN_LINES);
	check_shape(&xml, strcmp(name, text) != 0 ? "a/b" : "b");
	return 0;
}
