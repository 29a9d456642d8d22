/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors: every kind, absent records, texts that are too long. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "common/checked.h"
#include "common/error.h"

TestSuite(error);

static const char advice[] = "do something else";

Test(error, every_kind_fills_the_record)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(error_failed(&err, ENOMEM, "'%s': %d", "disk", 7), -ENOMEM);
	cr_assert_eq(err.kind, ERROR_FAILED);
	cr_assert_eq(err.code, ENOMEM);
	cr_assert_str_eq(err.message, "'disk': 7");
	cr_assert_eq(error_usage(&err, "no disk"), -EINVAL);
	cr_assert_eq(err.kind, ERROR_USAGE);
	cr_assert_eq(error_damaged(&err, "bad sector %d", 5), -EUCLEAN);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	cr_assert_eq(err.code, EUCLEAN);
	cr_assert_str_empty(err.advice);
	cr_assert_eq(error_refused(&err, REFUSAL_BITLOCKER, advice, "'%s' is encrypted", "C"),
		     -EPERM);
	cr_assert_eq(err.kind, ERROR_REFUSED);
	cr_assert_eq(err.refusal, REFUSAL_BITLOCKER);
	cr_assert_str_eq(err.message, "'C' is encrypted");
	cr_assert_str_eq(err.advice, advice);
}

Test(error, nothing_of_an_older_error_stays)
{
	struct error err = ERROR_INIT;

	error_refused(&err, REFUSAL_BITLOCKER, advice, "old");
	error_damaged(&err, "new");
	cr_assert_eq(err.refusal, REFUSAL_NONE);
	cr_assert_str_empty(err.advice);
}

Test(error, record_may_be_absent)
{
	cr_assert_eq(error_failed(NULL, EIO, "x"), -EIO);
	cr_assert_eq(error_usage(NULL, "x"), -EINVAL);
	cr_assert_eq(error_damaged(NULL, "x"), -EUCLEAN);
	cr_assert_eq(error_refused(NULL, REFUSAL_NO_BCD, advice, "x"), -EPERM);
	errno = ENOSPC;
	cr_assert_eq(error_errno(NULL, "x"), -ENOSPC);
	error_prefix(NULL, "x");
}

Test(error, errno_is_appended)
{
	struct error err = ERROR_INIT;

	errno = ENOSPC;
	cr_assert_eq(error_errno(&err, "'%s': cannot write", "out"), -ENOSPC);
	cr_assert_eq(err.kind, ERROR_FAILED);
	cr_assert_eq(err.code, ENOSPC);
	cr_assert_str_eq(err.message, "'out': cannot write: No space left on device");
}

/* What this machine lacks says nothing about the input; what a library says of its bytes does. */
Test(error, errno_of_a_library)
{
	static const int host[] = {EMFILE, ENFILE, ENOMEM,    EIO,   ENOSPC, EPERM,  EACCES, EINTR,
				   EAGAIN, ESTALE, ETIMEDOUT, ENXIO, EROFS,  ENOLCK, EDQUOT};
	static const int guest[] = {0, EINVAL, ENOTSUP, EFAULT, ERANGE, ELOOP, EILSEQ, ENOENT};
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(host); i++) {
		errno = host[i];
		cr_assert_eq(error_library(&err, "'%s': hive", "x"), -host[i]);
		cr_assert_eq(err.kind, ERROR_FAILED);
		cr_assert(error_is_of_host(&err));
	}
	cr_assert_str_eq(err.message, "'x': hive: Disk quota exceeded");
	for (size_t i = 0; i < ARRAY_SIZE(guest); i++) {
		errno = guest[i];
		cr_assert_eq(error_library(&err, "hive"), -EUCLEAN);
		cr_assert_eq(err.kind, ERROR_DAMAGED);
		cr_assert_not(error_is_of_host(&err));
	}
	error_refused(&err, REFUSAL_NO_BCD, advice, "x"); /* whose code is EPERM */
	cr_assert_not(error_is_of_host(&err));
	error_failed(&err, ENOENT, "x");
	cr_assert_not(error_is_of_host(&err));
	errno = EIO;
	cr_assert_eq(error_library(NULL, "x"), -EIO);
}

Test(error, prefix_goes_in_front)
{
	struct error err = ERROR_INIT;

	error_refused(&err, REFUSAL_NO_BCD, advice, "no store");
	cr_assert_eq(error_prefix(&err, "partition %d", 2), -EPERM);
	cr_assert_str_eq(err.message, "partition 2: no store");
	cr_assert_eq(err.refusal, REFUSAL_NO_BCD);
	cr_assert_str_eq(err.advice, advice);
}

/* The advice from nearest to the damage stays, and nothing but damage gets one. */
Test(error, damage_gets_one_advice)
{
	struct error err = ERROR_INIT;

	error_damaged(&err, "no store");
	cr_assert_str_eq(err.advice, "");
	cr_assert_eq(error_advise(&err, advice), -EUCLEAN);
	cr_assert_eq(error_advise(&err, "something else"), -EUCLEAN);
	cr_assert_str_eq(err.advice, advice);
	error_failed(&err, ENOSPC, "no room");
	cr_assert_eq(error_advise(&err, advice), -ENOSPC);
	cr_assert_str_eq(err.advice, "");
	cr_assert_eq(error_advise(NULL, advice), -EIO);
}

/* Texts from a guest can be long: they are cut, never written beyond the record. */
Test(error, long_texts_are_cut)
{
	struct error err = ERROR_INIT;
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_refused(&err, REFUSAL_NO_BCD, text, "%s", text);
	cr_assert_eq(strlen(err.message), sizeof(err.message) - 1);
	cr_assert_eq(strlen(err.advice), sizeof(err.advice) - 1);
	error_prefix(&err, "%s", text);
	cr_assert_eq(strlen(err.message), sizeof(err.message) - 1);
	errno = EIO;
	error_errno(&err, "%s", text);
	cr_assert_eq(strlen(err.message), sizeof(err.message) - 1);
}

/* Scripts rely on the ids: each has one, no two are the same. */
Test(error, refusal_ids)
{
	cr_assert_str_eq(refusal_id(REFUSAL_NONE), "none");
	cr_assert_str_eq(refusal_id(REFUSAL_NO_WINDOWS), "no-windows");
	cr_assert_str_eq(refusal_id(REFUSAL_SECTOR_SIZE), "sector-size");
	for (int i = 0; i < REFUSAL_MAX; i++) {
		cr_assert_not_null(refusal_id((enum refusal)i));
		for (int j = 0; j < i; j++)
			cr_assert_str_neq(refusal_id((enum refusal)i), refusal_id((enum refusal)j));
	}
}
