/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans of disks that have a GPT already: see plan_gpt.h. */
#include "convert/plan_gpt.h"

#include <stdio.h>
#include <string.h>

unsigned int plan_own_esp(const struct survey *survey)
{
	return survey->gpt ? survey->partitions[survey->start].guest.linux_system->esp.partition
			   : 0;
}

static bool name_is_taken(const struct survey *survey, const char *name)
{
	for (size_t i = 0; survey->gpt && i < survey->gpt->count; i++)
		if (strcmp(survey->gpt->partitions[i].name, name) == 0)
			return true;
	return false;
}

void plan_name_esp(const struct survey *survey, struct gpt_partition *esp)
{
	static const char name[] = "EFI system partition";

	snprintf(esp->name, sizeof(esp->name), "%s", name);
	for (unsigned int i = 2; name_is_taken(survey, esp->name); i++)
		snprintf(esp->name, sizeof(esp->name), "%s %u", name, i);
}

bool plan_has_number(const struct survey *survey, uint32_t number)
{
	for (size_t i = 0; i < survey->count; i++)
		if (survey->partitions[i].mbr.number == number)
			return true;
	return false;
}

uint32_t plan_esp_number(const struct survey *survey)
{
	uint32_t number = PLAN_ESP_NUMBER;

	for (size_t i = 0; i < GPT_MAX_PARTITIONS && plan_has_number(survey, number); i++)
		number = number % GPT_MAX_PARTITIONS + 1;
	return number;
}

/* Firmware that is not told which one takes the first with \EFI\BOOT\BOOTX64.EFI, by their numbers. */
static bool is_found_first(const struct survey *survey)
{
	const struct linux_esp *own = &survey->partitions[survey->start].guest.linux_system->esp;

	return own->has_removable && own->partition < plan_esp_number(survey);
}

static int check_other_esp(const struct survey *survey, const struct plan_options *options,
			   struct plan *plan, struct error *err)
{
	unsigned int own = plan_own_esp(survey);

	if (options->has_no_boot_entry && is_found_first(survey)) {
		error_refused(
			err, REFUSAL_LAYOUT_IMPOSSIBLE,
			"have an NVRAM store made (--nvram), or leave --efi-files and --layout end "
			"out: the guest's own ESP starts it",
			"a new ESP beside partition %u, an ESP that starts the guest, would not be "
			"used: without a boot entry firmware takes the first",
			own);
		return error_of_wish(err);
	}
	note_add(&plan->warnings,
		 "partition %u is an ESP that starts the guest, and is left as it is, beside a new "
		 "one: updates of shim and GRUB in the guest go on there",
		 own);
	if (is_found_first(survey))
		note_add(
			&plan->warnings,
			"only the File entry of the firmware leads to the new ESP: without a store, "
			"with an empty one and by a Drive entry partition %u starts the guest",
			own);
	return 0;
}

static const char *layouts_of_gpt(bool can_reuse)
{
	return can_reuse ? "use --layout reuse or end" : "use --layout end";
}

int plan_layout_of_gpt(const struct survey *survey, const struct plan_options *options,
		       struct plan *plan, struct error *err)
{
	bool can_reuse = plan_own_esp(survey) && !options->has_other_boot_files;

	if (plan->layout == LAYOUT_AUTO)
		plan->layout = can_reuse ? LAYOUT_REUSE : LAYOUT_END;
	if (plan->layout == LAYOUT_END && plan_own_esp(survey))
		return check_other_esp(survey, options, plan, err);
	if (plan->layout == LAYOUT_END || (plan->layout == LAYOUT_REUSE && can_reuse))
		return 0;
	if (plan->layout == LAYOUT_REUSE && plan_own_esp(survey)) {
		error_refused(
			err, REFUSAL_LAYOUT_IMPOSSIBLE,
			"use --layout end, which puts them on an ESP beside it, or leave "
			"--efi-files out",
			"layout 'reuse' is not possible with other boot files: the guest's own ESP "
			"has shim and GRUB, and stays as it is");
		return error_of_wish(err);
	}
	error_refused(err, REFUSAL_LAYOUT_IMPOSSIBLE, layouts_of_gpt(can_reuse),
		      "layout '%s' is not possible: the disk has a GPT already, and gets an "
		      "ESP behind its end where it needs one",
		      layout_text(plan->layout));
	return error_of_wish(err);
}
