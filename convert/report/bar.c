/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk as a bar of a page: see bar.h. */
#include "convert/report/bar.h"

#include <stdlib.h>

#include "common/checked.h"
#include "common/page.h"
#include "common/safe_text.h"

/* What stands before and behind the bar. */
#define MARGIN	  6
#define MOST_CELL 120

enum bar_kind { BAR_FREE, BAR_OTHER, BAR_NEW, BAR_SYSTEM /* what is installed */ };

/* One partition; bytes. */
struct bar_part {
	uint64_t offset, length;
	unsigned int number;
	enum bar_kind kind;
};

static const char *const ascii[] = {
	[BAR_FREE] = ".", [BAR_OTHER] = "=", [BAR_NEW] = "+", [BAR_SYSTEM] = "#"};
static const char *const blocks[] = {[BAR_FREE] = "\u00b7",
				     [BAR_OTHER] = "\u2592",
				     [BAR_NEW] = "\u2593",
				     [BAR_SYSTEM] = "\u2588"};

static unsigned int cell_of(uint64_t bytes, uint64_t largest, unsigned int cells)
{
	return (unsigned int)((double)min_u64(bytes, largest) / (double)largest * cells);
}

static unsigned int print_part(FILE *page, const struct bar_part *part, unsigned int from,
			       unsigned int to)
{
	const char *const *texts = page_is_utf8() ? blocks : ascii;

	for (unsigned int cell = from; cell < to; cell++)
		if (cell == from && to - from > 1 && part->number > 0 && part->number < 10)
			safe_printf(page, "%u", part->number);
		else
			safe_printf(page, "%s", texts[part->kind]);
	return to > from ? to : from;
}

static void print_bar(FILE *page, unsigned int width, const struct bar_part *parts, size_t count,
		      uint64_t size, uint64_t largest)
{
	unsigned int cells = (unsigned int)min_u64(width, MOST_CELL) - MARGIN, at = 0, end;
	const struct bar_part gap = {.kind = BAR_FREE};

	if (largest == 0)
		return;
	end = cell_of(size, largest, cells);
	safe_printf(page, "    [");
	for (size_t i = 0; i < count; i++) {
		unsigned int from = cell_of(parts[i].offset, largest, cells);
		unsigned int to = cell_of(parts[i].offset + parts[i].length, largest, cells);

		at = print_part(page, &gap, at, from < end ? from : end);
		to = to > at ? to : at + 1;
		at = print_part(page, &parts[i], at, to < end ? to : end);
	}
	print_part(page, &gap, at, end);
	safe_printf(page, "]\n");
}

static uint64_t largest_size(const struct report *report)
{
	uint64_t before = report->survey->disk_size;

	return report->plan ? max_u64(before, report->plan->disk_size) : before;
}

void bar_before(const struct report *report, unsigned int width, FILE *page)
{
	const struct survey *survey = report->survey;
	CLEANUP_FREE struct bar_part *parts = calloc(survey->count, sizeof(*parts));

	for (size_t i = 0; parts && i < survey->count; i++)
		parts[i] = (struct bar_part){survey->partitions[i].offset,
					     survey->partitions[i].length,
					     survey->partitions[i].mbr.number,
					     i == survey->start ? BAR_SYSTEM : BAR_OTHER};
	if (parts)
		print_bar(page, width, parts, survey->count, survey->disk_size,
			  largest_size(report));
}

void bar_after(const struct report *report, unsigned int width, FILE *page)
{
	const struct plan *plan = report->plan;
	CLEANUP_FREE struct bar_part *parts = calloc(plan->gpt.count, sizeof(*parts));

	for (size_t i = 0; parts && i < plan->gpt.count; i++) {
		const struct plan_partition *partition = &plan->partitions[i];
		bool is_system = partition->source != SURVEY_NONE &&
				 partition->source == report->survey->start;

		parts[i] = (struct bar_part){partition->offset, partition->length,
					     plan->gpt.partitions[i].number,
					     is_system				? BAR_SYSTEM
					     : partition->source == SURVEY_NONE ? BAR_NEW
										: BAR_OTHER};
	}
	if (parts)
		print_bar(page, width, parts, plan->gpt.count, plan->disk_size,
			  largest_size(report));
}
