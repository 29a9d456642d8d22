/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of the elements that are not devices or programs: every known one has a decision,
 * and the conversion does what the decisions say. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/decision.h"
#include "bcd/names.h"
#include "stores.h"

TestSuite(bcd_settings);

#define BOOTMGR "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define GLOBAL	"{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"

Test(bcd_settings, every_known_element_has_one_decision)
{
	struct bcd_known_element known;
	size_t count = 0;

	for (; bcd_known_element(count, &known); count++) {
		const struct bcd_decision *decision = bcd_decide(known.object_type, known.code);

		cr_assert_str_eq(bcd_element_name(known.object_type, known.code), known.name);
		cr_assert_not_null(decision, "%08x %s", known.code, known.name);
		cr_assert_gt(strlen(decision->reason), 10, "%s", known.name);
	}
	cr_assert_gt(count, 250);
	cr_assert_eq(bcd_decision_count, count);
	for (size_t i = 0; i < bcd_decision_count; i++)
		for (size_t j = 0; j < i; j++)
			cr_assert(bcd_decisions[i].code != bcd_decisions[j].code ||
					  bcd_decisions[i].application !=
						  bcd_decisions[j].application,
				  "%08x is decided twice", bcd_decisions[i].code);
}

Test(bcd_settings, unknown_elements_are_carried)
{
	cr_assert_null(bcd_decide(BCD_OBJECT_OSLOADER, 0x26000f00));
	cr_assert_null(bcd_decide(BCD_OBJECT_RESUME, 0x260000a0));
	cr_assert_null(bcd_decide(BCD_OBJECT_FIRMWARE, 0x260000a0));
}

/* An element of the made store, on, in the form of its code. */
static void switch_on(struct bcd_store *made, const char *where, uint32_t code)
{
	struct bcd_object *object = object_of(made, where);

	switch (BCD_ELEMENT_FORMAT(code)) {
	case BCD_FORMAT_STRING:
		set_string(made, object, code, "0.3.1");
		break;
	case BCD_FORMAT_INTEGER:
		cr_assert_eq(bcd_object_set_integer(made, object, code, 1, NULL), 0);
		break;
	case BCD_FORMAT_INTEGER_LIST:
		cr_assert_eq(bcd_object_set(made, object, code, "\1\0\0\0\0\0\0", 8, NULL), 0);
		break;
	case BCD_FORMAT_OBJECT_LIST:
		set_ref(made, object, code, MADE_LOADER);
		break;
	default:
		cr_assert_eq(bcd_object_set_bool(made, object, code, true, NULL), 0);
		break;
	}
}

static struct bcd_store *convert_made(struct bcd_store *made, struct bcd_notes *notes)
{
	CLEANUP_BYTES struct bytes from = commit_store(made), to = {.at = NULL};
	struct synthetic_target target;
	struct error err = ERROR_INIT;

	make_target(&from, &target);
	cr_assert_eq(bcd_convert(&(struct file_bytes){from.at, from.size, "BCD"}, &target.target,
				 &to.at, &to.size, notes, &err),
		     0, "%s", err.message);
	return open_store(&to);
}

static bool says(const struct note_list *list, const char *a, const char *b)
{
	for (size_t i = 0; i < list->count; i++)
		if (strstr(list->texts[i], a) && strstr(list->texts[i], b))
			return true;
	return false;
}

Test(bcd_settings, what_speaks_of_the_old_machine_goes)
{
	static const struct {
		const char *where, *name, *reason;
		uint32_t code;
	} gone[] = {
		{MADE_LOADER, "graphicsmodedisabled of", "about BIOS graphics", 0x16000046},
		{GLOBAL, "graphicsmodedisabled of", "about BIOS graphics", 0x16000046},
		{MADE_LOADER, "vga of", "about BIOS graphics", 0x26000040},
		{MADE_LOADER, "novesa of", "about BIOS graphics", 0x26000042},
		{GLOBAL, "novga of", "about BIOS graphics", 0x26000043},
		{MADE_LOADER, "pae of", "about 32-bit Windows", 0x25000021},
		{MADE_RESUME, "pae of", "about 32-bit Windows", 0x26000004},
		{MADE_LOADER, "increaseuserva of", "about 32-bit Windows", 0x25000032},
		{MADE_LOADER, "firstmegabytepolicy of", "memory that a BIOS uses", 0x1500000c},
		{MADE_LOADER, "configaccesspolicy of", "PCI bus of the old", 0x15000047},
		{MADE_LOADER, "msi of", "PCI bus of the old", 0x25000071},
		{MADE_LOADER, "pciexpress of", "PCI bus of the old", 0x25000072},
		{MADE_LOADER, "usefirmwarepcisettings of", "PCI bus of the old", 0x26000070},
		{GLOBAL, "busparams of", "PCI bus of the old", 0x12000019},
		{MADE_LOADER, "forcelegacyplatform of", "generation 2", 0x260000a3},
		{MADE_LOADER, "useplatformtick of", "generation 2", 0x260000a4},
		{MADE_LOADER, "onetimeadvancedoptions of", "one start only", 0x260000c3},
		{BOOTMGR, "hiberboot of", "state of the last shutdown", BCD_MGR_HIBERBOOT},
		{BOOTMGR, "bootsequence of", "meant for one start only", BCD_MGR_BOOTSEQUENCE},
		{BOOTMGR, "customactions of", "keys of the old machine's BIOS", 0x27000030},
	};
	CLEANUP_BCD_STORE struct bcd_store *made = made_store(), *store = NULL;
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	size_t count = sizeof(gone) / sizeof(gone[0]);

	for (size_t i = 0; i < count; i++)
		switch_on(made, gone[i].where, gone[i].code);
	store = convert_made(made, &notes);
	for (size_t i = 0; i < count; i++) {
		cr_assert_str_eq(text_of(store, gone[i].where, gone[i].code), "", "%s",
				 gone[i].name);
		cr_assert(says(&notes.dropped, gone[i].name, gone[i].reason), "%s", gone[i].name);
	}
	cr_assert_eq(notes.dropped.count, count);
	cr_assert_eq(notes.warnings.count, 0, "%s",
		     notes.warnings.count ? notes.warnings.texts[0] : "");
}

/* Both generations have these, so they are the user's to keep. */
Test(bcd_settings, what_both_generations_have_stays)
{
	static const uint32_t kept[] = {0x25000061, 0x26000060, 0x25000052, 0x26000051, 0x26000054,
					0x25000055, 0x260000a2, 0x260000a5, 0x25000033, 0x1500000e,
					0x15000007, 0x25000031, 0x25000080, 0x260000b0, 0x15000022,
					0x15000013, 0x250000f0, 0x26000090, 0x1600007e, 0x12000030};
	CLEANUP_BCD_STORE struct bcd_store *made = made_store(), *store = NULL;
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		switch_on(made, MADE_LOADER, kept[i]);
	store = convert_made(made, &notes);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		cr_assert_str_neq(text_of(store, MADE_LOADER, kept[i]), "", "%08x", kept[i]);
	cr_assert_eq(notes.dropped.count, 0);
	cr_assert_eq(notes.warnings.count, 0, "%s",
		     notes.warnings.count ? notes.warnings.texts[0] : "");
}

Test(bcd_settings, what_secure_boot_does_not_honour_is_told)
{
	static const struct {
		const char *name;
		uint32_t code;
	} told[] = {
		{"testsigning of 'Windows 10' " MADE_LOADER " stays", 0x16000049},
		{"nointegritychecks of 'Windows 10' " MADE_LOADER " stays", 0x16000048},
		{"bootdebug of 'Windows 10' " MADE_LOADER " stays", 0x16000010},
		{"oslnointegritychecks of", 0x26000026},
		{"osltestsigning of", 0x26000027},
		{"debug of 'Windows 10' " MADE_LOADER " stays", 0x260000a0},
		{"halbreakpoint of", 0x260000a1},
		{"hypervisordebug of", 0x260000f2},
		{"event of", 0x26000141},
		{"securebootrawpolicy of", 0x15000076},
	};
	CLEANUP_BCD_STORE struct bcd_store *made = made_store(), *store = NULL;
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	size_t count = sizeof(told) / sizeof(told[0]);

	for (size_t i = 0; i < count; i++)
		switch_on(made, MADE_LOADER, told[i].code);
	store = convert_made(made, &notes);
	for (size_t i = 0; i < count; i++) {
		cr_assert_str_neq(text_of(store, MADE_LOADER, told[i].code), "");
		cr_assert(says(&notes.warnings, told[i].name, "Secure Boot"), "%s", told[i].name);
	}
	cr_assert_eq(notes.warnings.count, count);
	cr_assert_eq(notes.dropped.count, 0);
}

Test(bcd_settings, what_is_switched_off_is_not_told)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store(), *store = NULL;
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	struct bcd_object *loader = object_of(made, MADE_LOADER);

	cr_assert_eq(bcd_object_set_bool(made, loader, 0x16000049, false, NULL), 0);
	cr_assert_eq(bcd_object_set_bool(made, loader, 0x260000a0, false, NULL), 0);
	cr_assert_eq(bcd_object_set_integer(made, loader, 0x15000076, 0, NULL), 0);
	set_string(made, loader, BCD_LOADOPTIONS, "NOEXECUTE");
	/* Says nothing to the boot manager; a real store of Windows 7 has it there. */
	switch_on(made, BOOTMGR, 0x16000048);
	store = convert_made(made, &notes);
	cr_assert_eq(notes.warnings.count, 0, "%s", notes.warnings.texts[0]);
	set_string(made, loader, BCD_LOADOPTIONS, "ddisable_integrity_checks");
	bcd_store_close(store);
	store = convert_made(made, &notes);
	cr_assert_eq(notes.warnings.count, 1);
	cr_assert(says(&notes.warnings, "loadoptions of 'Windows 10'", "Secure Boot"));
}

/* Each entry inherits by its own way; an element of its own counts before it. */
Test(bcd_settings, inherited_settings_are_told_with_their_origin)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store(), *store = NULL;
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	const char *origin = "which it inherits from {globalsettings}";

	switch_on(made, GLOBAL, 0x16000010);
	switch_on(made, GLOBAL, 0x260000a0);
	cr_assert_eq(bcd_object_set_bool(made, object_of(made, MADE_RECOVERY), 0x260000a0, false,
					 NULL),
		     0);
	store = convert_made(made, &notes);
	cr_assert(says(&notes.warnings, "bootdebug of 'Windows 10' " MADE_LOADER ", ", origin));
	cr_assert(says(&notes.warnings, "bootdebug of 'Windows Boot Manager'", origin));
	cr_assert(says(&notes.warnings, "bootdebug of 'Windows Memory Diagnostic'", origin));
	cr_assert(says(&notes.warnings, "bootdebug of 'Windows Resume Application'", origin));
	cr_assert(says(&notes.warnings, "bootdebug of 'Windows Recovery", origin));
	/* A class 2 code means this in a loader only; that of the recovery environment is off. */
	cr_assert(says(&notes.warnings, "debug of 'Windows 10' " MADE_LOADER ", ", origin));
	cr_assert_eq(notes.warnings.count, 6);
	for (size_t i = 0; i < notes.warnings.count; i++)
		cr_assert_not_null(strstr(notes.warnings.texts[i], "Secure Boot"));
}

/* On the EFI system partition the fonts are elsewhere. */
Test(bcd_settings, a_folder_of_fonts_is_told)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store(), *store = NULL;
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;

	set_string(made, object_of(made, BOOTMGR), 0x1200004a, "\\Boot\\Fonts");
	store = convert_made(made, &notes);
	cr_assert_str_eq(text_of(store, BOOTMGR, 0x1200004a), "\\Boot\\Fonts");
	cr_assert_eq(notes.warnings.count, 1);
	cr_assert(says(&notes.warnings, "fontpath of 'Windows Boot Manager'",
		       "\\EFI\\Microsoft\\Boot\\Fonts"));
}

/* Objects that inherit from each other, and from what is not there. */
Test(bcd_settings, circles_of_inheritance_end)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store(), *store = NULL;
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;

	set_ref(made, object_of(made, GLOBAL), BCD_INHERIT,
		"{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}");
	switch_on(made, "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}", 0x16000049);
	store = convert_made(made, &notes);
	cr_assert(says(&notes.warnings, "testsigning of 'Windows 10'",
		       "inherits from {bootloadersettings}"));
	cr_assert_eq(notes.warnings.count, 5);
}

/* A chain of forty objects is not followed to its end, and that is told. */
Test(bcd_settings, a_chain_without_end_is_cut_and_told)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store(), *store = NULL;
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	struct bcd_object *from = object_of(made, MADE_LOADER);

	for (uint8_t i = 0; i < 40; i++) {
		struct guid next = {{0xc0, i}};
		struct bcd_object *object = NULL;

		cr_assert_eq(bcd_object_set_guids(made, from, BCD_INHERIT, &next, 1, NULL), 0);
		cr_assert_eq(bcd_store_add(made, &next, 0x20200003, &object, NULL), 0);
		from = object;
	}
	store = convert_made(made, &notes);
	cr_assert_eq(notes.warnings.count, 1);
	cr_assert(says(&notes.warnings, "'Windows 10' " MADE_LOADER, "in the first 32 only"));
}
