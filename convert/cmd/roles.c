/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outputs and their roles: see roles.h. */
#include "convert/cmd/roles.h"

#include <errno.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "convert/write.h"

int cmd_roles_tell(const struct output_names *names, const json_t *slots, json_t *outputs,
		   struct error *err)
{
	if (names->nvram)
		text_json_set_path(outputs, "store", names->nvram);
	text_json_set_path(outputs, "report", names->report);
	if (names->script)
		text_json_set_path(outputs, "script", names->script);
	for (size_t i = 0; i < json_array_size(slots); i++) {
		const char *slot = json_string_value(json_array_get(slots, i));
		CLEANUP_FREE char *path = output_name_slot(names, slot ? slot : "");
		char role[WRITE_DATA_ROLE];

		if (!path)
			return error_failed(err, ENOMEM, "out of memory");
		text_json_set_path(outputs, write_data_role(i, role), path);
	}
	text_json_set_path(outputs, "disk", names->disk);
	return 0;
}
