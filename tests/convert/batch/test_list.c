/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of inputs: what stands in them, and where something is wrong. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "convert/batch/plan/inputs.h"
#include "tests/support/scratch.h"

TestSuite(list, .timeout = 60);

static enum column_kind kind(const char *name)
{
	return strcmp(name, "layout") == 0	? COLUMN_VALUE
	       : strcmp(name, "parent") == 0	? COLUMN_PATH
	       : strcmp(name, "no-replay") == 0 ? COLUMN_FLAG
	       : strcmp(name, "force") == 0	? COLUMN_RESERVED
						: COLUMN_UNKNOWN;
}

static int check(const char *name, const char *value, struct error *err)
{
	if (strcmp(name, "layout") != 0 || strcmp(value, "end") == 0)
		return 0;
	return error_usage(err, "'%s' is no layout", value);
}

static const struct conversion_options known = {.kind = kind, .check = check};

static int read_list(const char *text, struct input_list *list, struct error *err)
{
	file_write("list", text, strlen(text));
	return inputs_add_list(list, "list", &known, err);
}

static struct input_list good(const char *text, size_t count)
{
	struct input_list list = {.items = NULL};
	struct error err = ERROR_INIT;

	cr_assert_eq(read_list(text, &list, &err), 0, "%s", err.message);
	cr_assert_eq(list.count, count);
	return list;
}

static const char *option(const struct input *input, const char *name)
{
	return json_string_value(json_object_get(input->options, name));
}

Test(list, csv)
{
	struct input_list list = good("\xef\xbb\xbfname,path,layout,no-replay\r\n"
				      "web,/in/a.vhdx,end,yes\r\n"
				      "\r\n"
				      "\"the \"\"big\"\", one\",\"/in/two\nlines.vhdx\",,\r\n"
				      ",/in/c.vhdx,,no",
				      3);

	cr_assert_str_eq(list.items[0].name, "web");
	cr_assert_str_eq(list.items[0].path, "/in/a.vhdx");
	cr_assert_str_eq(option(&list.items[0], "layout"), "end");
	cr_assert(json_is_true(json_object_get(list.items[0].options, "no-replay")));
	cr_assert_str_eq(list.items[1].name, "the \"big\", one");
	cr_assert_str_eq(list.items[1].path, "/in/two\nlines.vhdx");
	cr_assert_eq(json_object_size(list.items[1].options), 0);
	cr_assert_null(list.items[2].name);
	cr_assert_eq(json_object_size(list.items[2].options), 0);
	input_list_done(&list);
}

Test(list, json_lines)
{
	struct input_list list =
		good("{\"path\": \"/in/a.vhdx\", \"no-replay\": true, \"layout\": null}\n"
		     "\n"
		     "{\"path\": \"/in/b.vhdx\", \"parent\": [\"/p\", \"/q\"], "
		     "\"no-replay\": false, \"name\": 7}",
		     2);
	const json_t *parents = json_object_get(list.items[1].options, "parent");

	cr_assert(json_is_true(json_object_get(list.items[0].options, "no-replay")));
	cr_assert_eq(json_object_size(list.items[0].options), 1);
	cr_assert_eq(json_array_size(parents), 2);
	cr_assert_str_eq(json_string_value(json_array_get(parents, 1)), "/q");
	cr_assert_str_eq(list.items[1].name, "7");
	cr_assert_eq(json_object_size(list.items[1].options), 1);
	input_list_done(&list);
}

/* The engine that runs it starts elsewhere. */
Test(list, paths_are_absolute)
{
	struct input_list list = good("path,parent\na.vhdx,b.vhdx\nb.vhdx,auto\n", 2);
	char here[4096];

	cr_assert_not_null(getcwd(here, sizeof(here)));
	cr_assert_eq(strncmp(list.items[0].path, here, strlen(here)), 0);
	cr_assert_str_eq(strrchr(list.items[0].path, '/'), "/a.vhdx");
	cr_assert_eq(strncmp(option(&list.items[0], "parent"), here, strlen(here)), 0);
	cr_assert_str_eq(option(&list.items[1], "parent"), "auto");
	input_list_done(&list);
}

struct bad_case {
	char text[96];
	char words[64];
};

ParameterizedTestParameters(list, bad)
{
	static struct bad_case cases[] = {
		{"path,colour\n/a,red\n", "line 1, column 2: column 'colour' is unknown"},
		{"path,force\n/a,yes\n", "line 1, column 2: column 'force'"},
		{"path,path\n/a,/b\n",
		 "line 1, column 2: column 'path' is there already, as column 1"},
		{"name\nweb\n", "line 1: there is no column 'path'"},
		{"path,layout\n/a,end\n/b,top\n", "line 3, column 'layout': 'top' is no layout"},
		{"path,no-replay\n/a,maybe\n", "line 2, column 'no-replay': 'maybe' is neither"},
		{"path,layout\n/a,end,/b\n", "line 2 has more than the 2 columns"},
		{"path,layout\n\"/a\nb,end\n", "line 2: a quotation mark is not closed"},
		{"path,layout\n\"/a\"b,end\n", "line 2: something stands behind"},
		{"path,layout\n,end\n", "line 2, column 'path': the path is empty"},
		{"path,name\n/a,x/y\n", "line 2, column 'name': 'x/y' is no name"},
		{"path,name\n/a,..\n", "'..' is no name"},
		{"\n{\"path\": \"/a\", \"colour\": 1}\n", "line 2: column 'colour' is unknown"},
		{"{\"path\": \"/a\"}\n{\"layout\": \"end\"}\n", "line 2: there is no 'path'"},
		{"{\"path\": \"/a\"}\n{\"path\": \n", "line 2, column"},
		{"{\"path\": {\"a\": 1}}\n", "line 1, column 'path': neither a text"},
		{"{\"path\": \"/a\", \"path\": \"/b\"}\n", "line 1, column"},
	};

	return cr_make_param_array(struct bad_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct bad_case *c, list, bad)
{
	struct input_list list = {.items = NULL};
	struct error err = ERROR_INIT;

	cr_assert_eq(tool_run(NULL, "mkdir -p list-bad-%d", (int)getpid()), 0);
	{
		char folder[64];

		snprintf(folder, sizeof(folder), "list-bad-%d", (int)getpid());
		cr_assert_eq(chdir(folder), 0);
	}
	cr_assert_lt(read_list(c->text, &list, &err), 0, "%s", c->text);
	cr_assert_eq(err.kind, ERROR_USAGE);
	cr_assert_not_null(strstr(err.message, c->words), "'%s' instead of '%s'", err.message,
			   c->words);
	input_list_done(&list);
}
