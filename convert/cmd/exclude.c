/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options that exclude each other: see exclude.h. */
#include "convert/cmd/exclude.h"

#include "convert/report/report.h"

/* Beside '--output -'. */
static int check_stream(const struct convert *convert, bool is_vm, struct error *err)
{
	if (is_vm)
		return error_usage(err, "'--output -' streams a disk, and a VM is more than one "
					"file");
	if (convert->json)
		return error_usage(err,
				   "'--output -' and '--json' exclude each other: standard "
				   "output is the disk, '--report' names a file for the report");
	if (convert->stage || convert->if_needed)
		return error_usage(err, "'--output -' and '--%s' exclude each other",
				   convert->stage ? "stage" : "if-needed");
	return 0;
}

static int check_if_needed(const struct convert *convert, const struct output_names *names,
			   bool is_vm, struct error *err)
{
	const char *other = convert->force		 ? "force"
			    : convert->stage		 ? "stage"
			    : convert->plan.random_guids ? "random-guids"
							 : NULL;

	if (other)
		return error_usage(err, "'--if-needed' and '--%s' exclude each other", other);
	if (report_is_html(names->report))
		return error_usage(err,
				   "'--if-needed' reads the report that is there, and '%s' is a "
				   "page for a browser",
				   names->report);
	if (is_vm)
		return error_usage(err, "'--if-needed' is for a disk; what is done of VMs 'hvgen2 "
					"batch' knows");
	if (names->disk_format == VHD_FORMAT_QCOW2)
		return error_usage(err,
				   "'--if-needed' looks into the disk that is there, and '%s' is a "
				   "qcow2 disk, which hvgen2 does not read",
				   names->disk);
	return 0;
}

int exclude_check(const struct convert *convert, const struct output_names *names, bool is_vm,
		  struct error *err)
{
	int r = names->disk ? 0 : check_stream(convert, is_vm, err);

	if (convert->survey.boot_uuid && convert->survey.windows_number)
		return error_usage(err, "'--boot-uuid' and '--windows' exclude each other");
	return r < 0 || !convert->if_needed ? r : check_if_needed(convert, names, is_vm, err);
}
