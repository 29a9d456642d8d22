/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of sentences, also when memory runs out in the middle. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "common/notes.h"

void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

static bool is_out_of_memory;

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return is_out_of_memory ? NULL : __real_reallocarray(old, count, size);
}

Test(notes, a_list_keeps_its_sentences_in_order)
{
	CLEANUP_NOTES struct note_list list = {.texts = NULL};
	struct error err = ERROR_INIT;

	note_add(&list, "%s is %d", "one", 1);
	note_add(&list, "two");
	cr_assert_eq(list.count, 2);
	cr_assert_str_eq(list.texts[0], "one is 1");
	cr_assert_str_eq(list.texts[1], "two");
	cr_assert_eq(note_list_check(&list, &err), 0);
}

Test(notes, a_lost_sentence_is_remembered)
{
	CLEANUP_NOTES struct note_list list = {.texts = NULL}, copy = {.texts = NULL};
	struct error err = ERROR_INIT;

	note_add(&list, "kept");
	is_out_of_memory = true;
	note_add(&list, "lost");
	is_out_of_memory = false;
	note_add(&list, "kept again");
	cr_assert_eq(list.count, 2);
	cr_assert_eq(note_list_check(&list, &err), -ENOMEM);
	cr_assert_eq(err.kind, ERROR_FAILED);
	note_list_append(&copy, &list);
	cr_assert_eq(copy.count, 2);
	cr_assert_str_eq(copy.texts[1], "kept again");
	cr_assert_eq(note_list_check(&copy, NULL), -ENOMEM, "what is missing stays missing");
}

Test(notes, appending_can_lose_a_sentence_too)
{
	CLEANUP_NOTES struct note_list list = {.texts = NULL}, copy = {.texts = NULL};

	note_add(&list, "whole");
	is_out_of_memory = true;
	note_list_append(&copy, &list);
	is_out_of_memory = false;
	cr_assert_eq(note_list_check(&list, NULL), 0);
	cr_assert_eq(note_list_check(&copy, NULL), -ENOMEM);
}
