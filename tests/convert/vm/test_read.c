/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configurations of both formats, whole and damaged, as trees. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "config.h"
#include "convert/vm/read/pack.h"
#include "convert/vm/read/xml.h"
#include "tests/support/scratch.h"

#define TYPE_LINE "properties/type_id string Virtual Machines\n"

static int read_bytes(const void *data, size_t size, struct vm_tree *ret, struct error *err)
{
	enum vm_format format;

	*ret = (struct vm_tree)VM_TREE_INIT;
	*err = (struct error)ERROR_INIT;
	return vm_config_read(&(struct file_bytes){data, size, "made"}, ret, &format, err);
}

/* The tree of a description as XML, packed. */
static struct buffer from_xml(const char *text, enum vm_config_encoding encoding, bool has_bom)
{
	struct buffer bytes = BUFFER_INIT, packed;
	struct vm_tree tree;
	struct error err;

	vm_config_xml(text, encoding, has_bom, &bytes);
	cr_assert_eq(read_bytes(bytes.data, bytes.size, &tree, &err), 0, "%s", err.message);
	packed = config_packed(&tree);
	vm_tree_done(&tree);
	buffer_done(&bytes);
	return packed;
}

static struct buffer from_vmcx(const char *text, const struct vm_config_options *options,
			       size_t warnings)
{
	struct buffer bytes = BUFFER_INIT, packed;
	struct vm_tree tree;
	struct error err;

	vm_config_vmcx(text, options, &bytes);
	cr_assert_eq(read_bytes(bytes.data, bytes.size, &tree, &err), 0, "%s", err.message);
	cr_assert_eq(tree.warnings.count, warnings, "%zu", tree.warnings.count);
	note_list_done(&tree.warnings);
	tree.warnings = (struct note_list){.count = 0};
	packed = config_packed(&tree);
	vm_tree_done(&tree);
	buffer_done(&bytes);
	return packed;
}

static void expect_same(struct buffer a, struct buffer b, const char *what)
{
	cr_expect(a.size == b.size && memcmp(a.data, b.data, a.size) == 0, "%s", what);
	buffer_done(&b);
}

Test(vm_read, both_formats_in_every_shape_are_one_tree)
{
	static const struct vm_config_options shapes[] = {
		{.stale = true},
		{.free_slots = true},
		{.more_objects = true},
		{.second_header = true},
		{.stale = true, .free_slots = true, .more_objects = true, .second_header = true}};
	static const struct vm_config_options log = {.log = true, .stale = true};
	CLEANUP_FREE char *text = vm_config_sample();
	CLEANUP_BUFFER struct buffer plain = from_vmcx(text, NULL, 0);

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		expect_same(plain, from_vmcx(text, &shapes[i], 0), "a shape");
	expect_same(plain, from_vmcx(text, &log, 1), "log");
	for (int i = 0; i < VM_CONFIG_MAX; i++)
		for (int bom = 0; bom < 2; bom++)
			expect_same(plain, from_xml(text, (enum vm_config_encoding)i, bom), "XML");
}

static char *long_text(size_t length, char c)
{
	char *text = malloc(length + 1);

	cr_assert(text);
	memset(text, c, length);
	text[length] = '\0';
	return text;
}

Test(vm_read, large_values_are_elsewhere)
{
	CLEANUP_FREE char *word = long_text(5000, 'x'), *digits = long_text(10000, 'a');
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	CLEANUP_FREE char *description = NULL;
	CLEANUP_BUFFER struct buffer packed = BUFFER_INIT;

	buffer_printf(&text, TYPE_LINE "properties/notes string %s\nsome/data bytes %s\n", word,
		      digits);
	description = buffer_take_text(&text);
	packed = from_vmcx(description, NULL, 0);
	expect_same(packed, from_xml(description, VM_CONFIG_UTF8, false), "large values");
}

Test(vm_read, types)
{
	CLEANUP_VM_TREE struct vm_tree tree = config_tree(
		NULL, "a/u unsigned 18446744073709551615\na/r real 0.5\na/i integer -3\n"
		      "a/s string \xc3\xa4\xf0\x9f\x98\x80\na/b bool true\na/x 11 0102\na/n node");
	static const char *const texts[] = {"18446744073709551615",	"0.5",	"-3",
					    "\xc3\xa4\xf0\x9f\x98\x80", "true", "0102"};
	const struct vm_node *node = vm_at(tree.root, "configuration/a");

	cr_assert(node);
	node = node->first;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++, node = node->next) {
		CLEANUP_FREE char *text = vm_text(node);

		cr_expect_str_eq(i == 5 ? "0102" : text, texts[i]);
	}
	cr_expect_eq(vm_at(tree.root, "configuration/a/x")->value.type, VM_OPAQUE);
	cr_expect_eq(node->value.type, VM_NODE);
}

Test(vm_read, siblings_of_one_name_stay_apart)
{
	CLEANUP_VM_TREE struct vm_tree tree = config_tree(NULL, NULL);
	const struct vm_node *first =
		vm_at(tree.root, "configuration/global_settings/metrics/devicetype");
	CLEANUP_FREE char *path = NULL;

	cr_assert(first && first->next);
	path = vm_path(first->next->first);
	cr_expect_str_eq(path, "global_settings/metrics/devicetype[2]/guid");
}

/* Whatever is wrong with the file: it is said, with an advice, or nothing of it was in what is
 * read. */
static void expect_told(const uint8_t *data, size_t size, const struct buffer *whole,
			const char *what, size_t at)
{
	struct vm_tree tree;
	struct error err;
	int r = read_bytes(data, size, &tree, &err);

	if (r == 0) {
		struct buffer packed = config_packed(&tree);

		cr_expect(packed.size == whole->size &&
				  memcmp(packed.data, whole->data, packed.size) == 0,
			  "%s at %zu gives another tree", what, at);
		buffer_done(&packed);
	} else {
		cr_expect((err.kind == ERROR_DAMAGED || err.kind == ERROR_REFUSED) && *err.advice,
			  "%s at %zu: %s", what, at, err.message);
		cr_expect(strstr(err.message, "'made'"), "%s", err.message);
	}
	vm_tree_done(&tree);
}

static void spoil_all(struct buffer *bytes, const struct buffer *whole, size_t step)
{
	for (size_t i = 0; i < bytes->size; i += step) {
		bytes->data[i] ^= (uint8_t)(1 << i % 8);
		expect_told(bytes->data, bytes->size, whole, "a flip", i);
		bytes->data[i] ^= (uint8_t)(1 << i % 8);
	}
}

Test(vm_read, flips_in_a_container_are_seen, .timeout = 120)
{
	static const struct vm_config_options log = {.log = true};
	CLEANUP_FREE char *text = vm_config_sample();

	for (int i = 0; i < 2; i++) {
		CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
		CLEANUP_BUFFER struct buffer whole = BUFFER_INIT;
		struct vm_tree tree;
		struct error err;

		vm_config_vmcx(text, i ? &log : NULL, &bytes);
		cr_assert_eq(read_bytes(bytes.data, bytes.size, &tree, &err), 0);
		whole = config_packed(&tree);
		vm_tree_done(&tree);
		spoil_all(&bytes, &whole, 11);
	}
}

Test(vm_read, cut_files_are_seen, .timeout = 120)
{
	CLEANUP_FREE char *text = vm_config_sample();
	CLEANUP_BUFFER struct buffer vmcx = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer xml = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer whole = from_vmcx(text, NULL, 0);
	struct vm_tree tree;
	struct error err;

	vm_config_vmcx(text, NULL, &vmcx);
	for (size_t size = 0; size < vmcx.size; size += 97)
		expect_told(vmcx.data, size, &whole, "a cut", size);
	vm_config_xml(text, VM_CONFIG_UTF16LE, true, &xml);
	for (size_t size = 0; size < xml.size - 30; size += 31) {
		cr_expect_eq(read_bytes(xml.data, size, &tree, &err), -EUCLEAN, "%zu", size);
		cr_expect(err.kind == ERROR_DAMAGED && *err.advice);
	}
}

/* Damage behind the checksums: nothing is promised of the tree, but that it is one. */
Test(vm_read, signed_rubbish_is_read_safely, .timeout = 120)
{
	CLEANUP_FREE char *text = vm_config_sample();
	uint64_t state = random_seed("vm_read");

	for (int i = 0; i < 400; i++) {
		static const struct vm_config_options log = {.log = true, .more_objects = true};
		CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
		struct vm_tree tree;
		struct error err;

		vm_config_vmcx(text, i % 2 ? &log : NULL, &bytes);
		for (int n = 0; n < 8; n++)
			bytes.data[random_below(&state, bytes.size)] = (uint8_t)random_next(&state);
		vm_config_sign(bytes.data, bytes.size);
		if (read_bytes(bytes.data, bytes.size, &tree, &err) < 0)
			cr_expect(err.kind == ERROR_DAMAGED || err.kind == ERROR_REFUSED, "%s",
				  err.message);
		vm_tree_done(&tree);
	}
}

/* The place of a key in a container, by its name. */
static uint8_t *find_key(struct buffer *bytes, const char *name)
{
	uint8_t *at = memmem(bytes->data, bytes->size, name, strlen(name) + 1);

	cr_assert(at);
	return at - 21;
}

Test(vm_read, keys_without_a_parent_are_left_out_and_counted)
{
	CLEANUP_FREE char *text = vm_config_sample();
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	struct vm_tree tree;
	struct error err;

	vm_config_vmcx(text, NULL, &bytes);
	find_key(&bytes, "devicetype")[8] ^= 0x55;
	vm_config_sign(bytes.data, bytes.size);
	cr_assert_eq(read_bytes(bytes.data, bytes.size, &tree, &err), 0, "%s", err.message);
	cr_assert_eq(tree.warnings.count, 1);
	cr_expect_str_eq(tree.warnings.texts[0], "2 keys belong to no other and are left out");
	vm_tree_done(&tree);
}

static void expect_damaged(struct buffer *bytes, const char *words)
{
	struct vm_tree tree;
	struct error err;

	cr_expect_eq(read_bytes(bytes->data, bytes->size, &tree, &err), -EUCLEAN, "%s", words);
	cr_expect(strstr(err.message, words), "'%s' is not in: %s", words, err.message);
	vm_tree_done(&tree);
}

/* One bit makes a free slot of a key, and a type that nobody knows of a known one. */
Test(vm_read, a_key_that_turns_into_something_else_is_seen)
{
	CLEANUP_FREE char *text = vm_config_sample();
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	uint8_t *type;

	vm_config_vmcx(text, NULL, &bytes);
	type = find_key(&bytes, "count");
	cr_assert_eq(*type, 3);
	*type = 1;
	expect_damaged(&bytes, "has a checksum, as a key does");
	*type = 11;
	expect_damaged(&bytes, "key 'count' at 0x");
}

/* The first entry of that type in the first object table. */
static uint8_t *find_object(struct buffer *bytes, uint8_t type)
{
	uint8_t *at = bytes->data + 2 * 4096 + 8;

	while (*at != type)
		at += 18;
	return at;
}

/* Of two tables that follow one, the other's keys would be lost without a word. */
Test(vm_read, object_tables_follow_one_another)
{
	static const struct vm_config_options options = {.more_objects = true};
	CLEANUP_FREE char *text = vm_config_sample();
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer plain = from_vmcx(text, NULL, 0);
	struct vm_tree tree;
	struct error err;
	uint8_t *other;

	vm_config_vmcx(text, &options, &bytes);
	other = find_object(&bytes, 4);
	*other = 1;
	memcpy(other + 5, find_object(&bytes, 1) + 5, 8);
	vm_config_sign(bytes.data, bytes.size);
	expect_damaged(&bytes, "the object table at 0x2000 has two that follow it");
	other[17] = 0; /* not in use, whatever it says */
	memset(other + 5, 0xff, 8);
	vm_config_sign(bytes.data, bytes.size);
	cr_assert_eq(read_bytes(bytes.data, bytes.size, &tree, &err), 0, "%s", err.message);
	expect_same(plain, config_packed(&tree), "an unused entry");
	vm_tree_done(&tree);
}

/* Without it there would be no table at all, and so a file without a VM. */
Test(vm_read, a_header_without_a_size_is_damage)
{
	CLEANUP_FREE char *text = vm_config_sample();
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;

	for (uint8_t size = 0; size < 46; size += 45) {
		vm_config_vmcx(text, NULL, &bytes);
		memset(bytes.data + 42, 0, 4);
		bytes.data[42] = size;
		vm_config_sign(bytes.data, bytes.size);
		expect_damaged(&bytes, "its header at 0x0 has ");
		buffer_done(&bytes);
	}
}

Test(vm_read, a_log_that_does_not_verify_is_damage)
{
	static const struct vm_config_options options = {.log = true};
	CLEANUP_FREE char *text = vm_config_sample();
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	uint8_t *log;

	vm_config_vmcx(text, &options, &bytes);
	log = bytes.data + bytes.size - 4 * 4096;
	log[34 + 28 + 8] ^= 1;
	expect_damaged(&bytes, "entry 1 of its log");
	log[34 + 28 + 8] ^= 1;
	log[4096 + 250] ^= 1;
	expect_damaged(&bytes, "the data of entry 2 of its log");
	log[4096 + 250] ^= 1;
	log[34 + 3] = 0x7f; /* its target */
	vm_config_sign(bytes.data, bytes.size);
	expect_damaged(&bytes, "entry 0 of its log");
	log[10] = 1; /* 65539 entries */
	vm_config_sign(bytes.data, bytes.size);
	expect_damaged(&bytes, "has no room for its 65539 entries");
}

Test(vm_read, another_container_is_refused)
{
	CLEANUP_FREE char *text = vm_config_sample();
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	struct vm_tree tree;
	struct error err;

	vm_config_vmcx(text, NULL, &bytes);
	bytes.data[11] = bytes.data[4096 + 11] = 5;
	vm_config_sign(bytes.data, bytes.size);
	cr_expect_eq(read_bytes(bytes.data, bytes.size, &tree, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_VM_CONFIG_VERSION);
	cr_expect_str_eq(err.advice, "export the VM from a host of Windows Server 2016 to 2025");
}

Test(vm_read, what_is_no_vm_is_refused)
{
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	struct vm_tree tree;
	struct error err;

	vm_config_vmcx("properties/type_id string Resource Types\n", NULL, &bytes);
	cr_expect_eq(read_bytes(bytes.data, bytes.size, &tree, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_NO_VM);
	cr_expect_str_eq(err.advice,
			 "give the .vmcx or .xml file that has the VM's own id as its name");
	cr_expect_eq(read_bytes("<a/>", 4, &tree, &err), -EPERM);
}

#define HEAD "<configuration><properties><type_id type='string'>Virtual Machines</type_id>"
#define TAIL "</properties></configuration>"

static const struct {
	const char *body, *words;
} bad_xml[] = {
	{"<n type='integer'>x</n>", "'n' in line 1 is no number of 64 bits"},
	{"<n type='integer'>+1</n>", "is no number"},
	{"<n type='integer'>9223372036854775808</n>", "is no number"},
	{"<n type='bool'>yes</n>", "is neither True nor False"},
	{"<n type='bytes'>!!</n>", "is not base64"},
	{"<n type='string' size='2'>a</n>", "has an attribute other than its type"},
	{"<n kind='string'>a</n>", "has an attribute other than its type"},
	{"<n xmlns='urn:a'/>", "has an attribute other than its type"},
	{"<n type='string'><m/></n>", "has a type and elements within"},
	{"<n><m/>text</n>", "holds elements and something else"},
	{"<n>", "not well-formed"},
	{"<n type='string'>&unknown;</n>", "not well-formed"},
	{"<n type='string'>\xe4</n>", "neither UTF-16 nor UTF-8"},
	{"<n type='string'>&#0;</n>", "not well-formed"},
};

Test(vm_read, bad_xml_is_damage_with_its_place)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_xml); i++) {
		CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;

		buffer_printf(&bytes, HEAD "%s" TAIL, bad_xml[i].body);
		expect_damaged(&bytes, bad_xml[i].words);
	}
}

Test(vm_read, xml_of_unknown_types_is_kept_opaque)
{
	static const char text[] = HEAD "<n type='float'>1.5</n><m>plain</m><k>\n</k>" TAIL;
	struct vm_tree tree;
	struct error err;

	cr_assert_eq(read_bytes(text, sizeof(text) - 1, &tree, &err), 0, "%s", err.message);
	cr_expect_eq(vm_at(tree.root, "configuration/properties/n")->value.type, VM_OPAQUE);
	cr_expect_eq(vm_at(tree.root, "configuration/properties/m")->value.type, VM_OPAQUE);
	cr_expect_eq(vm_at(tree.root, "configuration/properties/k")->value.type, VM_NODE);
	vm_tree_done(&tree);
}

Test(vm_read, no_document_type)
{
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;

	buffer_text(&bytes, "<!DOCTYPE c [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" HEAD TAIL);
	expect_damaged(&bytes, "document type declaration");
}

Test(vm_read, limits)
{
	CLEANUP_BUFFER struct buffer deep = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer many = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer large = BUFFER_INIT;

	buffer_text(&deep, HEAD);
	for (int i = 0; i < 40; i++)
		buffer_text(&deep, "<a>");
	for (int i = 0; i < 40; i++)
		buffer_text(&deep, "</a>");
	buffer_text(&deep, TAIL);
	expect_damaged(&deep, "more than 32 levels deep");
	buffer_text(&many, HEAD);
	for (int i = 0; i < 20001; i++)
		buffer_text(&many, "<a/>");
	buffer_text(&many, TAIL);
	expect_damaged(&many, "more than 20000 keys");
	buffer_text(&large, "<");
	buffer_fill(&large, 'a', 8U << 20);
	expect_damaged(&large, "at most 8388608 are read");
}

/* What comes out of the sandbox is not trusted. */
Test(vm_read, packed_rubbish_is_refused)
{
	CLEANUP_VM_TREE struct vm_tree tree = config_tree(NULL, NULL);
	CLEANUP_BUFFER struct buffer packed = config_packed(&tree);
	struct vm_tree other = VM_TREE_INIT;
	struct error err = ERROR_INIT;
	uint64_t state = random_seed("vm_pack");

	for (size_t size = 0; size < packed.size; size += 3)
		cr_expect_lt(vm_unpack(packed.data, size, &other, &err), 0, "%zu", size);
	for (int i = 0; i < 3000; i++) {
		size_t at = random_below(&state, packed.size);
		uint8_t old = packed.data[at];

		packed.data[at] = (uint8_t)random_next(&state);
		if (vm_unpack(packed.data, packed.size, &other, &err) == 0)
			vm_tree_done(&other);
		packed.data[at] = old;
	}
	packed.data[0] = 2; /* a child of nothing */
	cr_expect_lt(vm_unpack(packed.data, packed.size, &other, &err), 0);
}
