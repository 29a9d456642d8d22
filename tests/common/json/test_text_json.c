/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts as JSON: the true value where JSON can hold it, and bytes of paths where it cannot. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/json/text_json.h"

TestSuite(text_json);

Test(text_json, paths)
{
	json_t *object = json_object(), *again;
	CLEANUP_FREE char *text = NULL;

	cr_assert_eq(text_json_set_path(object, "path", "a\x1b\xff.vhdx"), 0);
	cr_assert_eq(text_json_set_path(object, "disk", "b\xc2\x9b.vhdx"), 0);
	cr_assert_str_eq(json_string_value(json_object_get(object, "path")), "a\x1b\\xff.vhdx");
	cr_assert_str_eq(json_string_value(json_object_get(object, "path_bytes")), "YRv/LnZoZHg=");
	cr_assert_null(json_object_get(object, "disk_bytes"));
	text = text_json_dump(object);
	cr_assert_null(strpbrk(text, "\x1b\xff\xc2"), "%s", text);
	again = json_loads(text, 0, NULL);
	cr_assert(json_equal(object, again));
	json_decref(again);
	json_decref(object);
}
