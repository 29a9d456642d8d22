/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A batch as a page: how many are what, and a row a VM with its disk before and after, to the scale
 * of the largest. It is one file that refers to nothing, for it is mailed and kept; a head of the
 * table sorts by its column with some lines of script. All texts of guests go through html_text(),
 * or through what common/json/html.h makes of it.
 */
#include "convert/cmd/batch/html.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "common/json/html.h"
#include "common/outfile.h"
#include "common/size.h"
#include "convert/cmd/batch/counts.h"

/* Of the bars, in units of their drawing. */
#define BAR_WIDTH  260
#define BAR_HEIGHT 9

static const struct html_page batch_page = {
	.title = "hvgen2 batch",
	.style =
		"table{border-collapse:collapse;width:100%}\n"
		"th,td{text-align:left;vertical-align:top;padding:.35em .7em;border-bottom:1px solid #ddd}\n"
		"th{position:sticky;top:0;background:#f4f4f4;cursor:pointer;white-space:nowrap}\n"
		"th[aria-sort=ascending]:after{content:' \\25b4'}th[aria-sort=descending]:after{content:' "
		"\\25be'}\n"
		"td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
		"td:first-child{min-width:14em}\n"
		"td small{color:#666}\n"
		"bdi{overflow-wrap:anywhere}\n" /* a long name does not widen the table */
		".s{display:inline-block;padding:0 .5em;border-radius:.7em;color:#fff;background:#777}\n"
		".done,.verified{background:#287d3c}.refused{background:#a15c00}.failed{background:#b3261e}\n"
		".running{background:#1a5fb4}.interrupted{background:#7a4a9e}\n"
		".summary .s{margin-right:.6em}\n",
	.dark_style = "th{background:#2a2a2a}\n"
		      "th,td{border-color:#3a3a3a}td small{color:#aaa}",
	.has_script = true,
};

static const char table[] =
	"<table>\n<thead><tr><th>VM</th><th>State</th><th>System</th><th>Data</th><th>Seconds</th>"
	"<th>Before and after</th></tr></thead>\n<tbody>\n";

static const char tail[] =
	"</tbody>\n</table>\n"
	"<script>\n"
	"document.querySelectorAll('th').forEach(function(th,column){th.addEventListener('click',function(){\n"
	"var body=th.closest('table').tBodies[0],down=th.getAttribute('aria-sort')==='ascending';\n"
	"document.querySelectorAll('th').forEach(function(o){o.removeAttribute('aria-sort')});\n"
	"th.setAttribute('aria-sort',down?'descending':'ascending');\n"
	"Array.from(body.rows).map(function(row){var cell=row.cells[column];\n"
	"return{row:row,key:'key' in cell.dataset?Number(cell.dataset.key):cell.textContent}})\n"
	".sort(function(a,b){return(typeof a.key==='number'?a.key-b.key:a.key.localeCompare(b.key))*(down?-1:1)})\n"
	".forEach(function(o){body.appendChild(o.row)})})});\n"
	"</script>\n</body>\n</html>\n";

static uint64_t side_size(const struct batch_vm *vm, const char *side)
{
	return html_disk_size(json_object_get(vm->record, side));
}

static void put_bars(struct buffer *page, const struct batch_vm *vm, uint64_t largest)
{
	const struct html_scale scale = {BAR_WIDTH, BAR_HEIGHT, largest};

	buffer_printf(page, "<td data-key=\"%" PRIu64 "\">", side_size(vm, "before"));
	if (side_size(vm, "before"))
		html_disk(page, json_object_get(vm->record, "before"),
			  json_object_get(vm->record, "after"), &scale);
	buffer_text(page, "</td>");
}

static void put_state(struct buffer *page, const struct batch_vm *vm)
{
	CLEANUP_JSON json_t *problem = batch_vm_problem(vm);

	buffer_printf(page, "<td><span class=\"s %s\">%s</span>", vm_state_text(vm->state),
		      vm_state_text(vm->state));
	if (batch_vm_is_missing(vm))
		buffer_text(page, "<br><small>outputs missing</small>");
	if (problem) {
		buffer_text(page, "<br>");
		if (*record_text(problem, "id"))
			buffer_printf(page, "<b>%s</b> ", record_text(problem, "id"));
		buffer_text(page, "<small>");
		html_sentence(page, record_text(problem, "message"));
		if (*record_text(problem, "advice")) {
			buffer_text(page, "; ");
			html_sentence(page, record_text(problem, "advice"));
		}
		buffer_text(page, "</small>");
	}
	buffer_text(page, "</td>");
}

static void put_vm(struct buffer *page, const struct batch_vm *vm, uint64_t largest)
{
	uint64_t stored = record_number(vm->record, "stored");
	double seconds = json_number_value(json_object_get(vm->last, "seconds"));
	char text[SIZE_TEXT];

	buffer_text(page, "<tr><td><b>");
	html_isolated(page, vm->name);
	buffer_text(page, "</b><br><small>");
	html_isolated(page, vm->path);
	buffer_text(page, "</small></td>");
	put_state(page, vm);
	buffer_text(page, "<td>");
	html_isolated(page, batch_vm_system(vm));
	buffer_printf(page, "</td><td class=\"n\" data-key=\"%" PRIu64 "\">%s</td>", stored,
		      stored ? size_text(stored, text) : "");
	buffer_printf(page, "<td class=\"n\" data-key=\"%.3f\">",
		      vm->state >= VM_DONE ? seconds : -1);
	if (vm->state >= VM_DONE)
		buffer_printf(page, "%.1f", seconds);
	buffer_text(page, "</td>");
	put_bars(page, vm, largest);
	buffer_text(page, "</tr>\n");
}

static void put_summary(struct buffer *page, const struct batch *batch)
{
	const struct counts counts = batch_counts(batch);

	buffer_text(page, "<p class=\"summary\">");
	for (enum vm_state state = VM_STATE_MAX; state-- > 0;)
		if (counts.by_state[state])
			buffer_printf(page, "<span class=\"s %s\">%zu %s</span>",
				      vm_state_text(state), counts.by_state[state],
				      vm_state_text(state));
	if (counts.unplanned)
		buffer_printf(page, "<span class=\"s\">%zu unplanned</span>", counts.unplanned);
	buffer_text(page, "</p>\n<p>Outputs: ");
	html_isolated(page, batch->output_dir);
	buffer_text(page, "</p>\n");
}

int html_write(const struct batch *batch, const char *path, bool replace, struct error *err)
{
	CLEANUP_BUFFER struct buffer page = BUFFER_INIT;
	uint64_t largest = 0;

	for (size_t i = 0; i < batch->count; i++) {
		largest = max_u64(largest, side_size(&batch->vms[i], "before"));
		largest = max_u64(largest, side_size(&batch->vms[i], "after"));
	}
	html_begin(&page, &batch_page);
	put_summary(&page, batch);
	buffer_text(&page, html_disk_legend);
	buffer_text(&page, table);
	for (size_t i = 0; i < batch->count; i++)
		put_vm(&page, &batch->vms[i], largest);
	buffer_text(&page, tail);
	if (page.failed)
		return error_failed(err, ENOMEM, "'%s': out of memory", path);
	return outfile_write_whole(path, replace, 0666, page.data, page.size, err);
}
