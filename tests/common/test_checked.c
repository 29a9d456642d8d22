/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checked arithmetic, integers at byte addresses, and the clean-up macros. */
#include <criterion/criterion.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"

TestSuite(checked);

Test(checked, add_and_multiply)
{
	uint64_t result;

	cr_assert(add_u64(UINT64_MAX - 1, 1, &result));
	cr_assert_eq(result, UINT64_MAX);
	cr_assert_not(add_u64(UINT64_MAX, 1, &result));
	cr_assert(mul_u64(UINT64_C(1) << 32, (UINT64_C(1) << 32) - 1, &result));
	cr_assert_not(mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &result));
	cr_assert(mul_u64(0, UINT64_MAX, &result));
	cr_assert_eq(result, 0);
}

Test(checked, rounding)
{
	uint64_t result;

	cr_assert(round_up_u64(0, 512, &result));
	cr_assert_eq(result, 0);
	cr_assert(round_up_u64(513, 512, &result));
	cr_assert_eq(result, 1024);
	cr_assert(round_up_u64(10, 3, &result));
	cr_assert_eq(result, 12);
	cr_assert_not(round_up_u64(UINT64_MAX, 2, &result));
	cr_assert(round_up_u64(UINT64_MAX, 1, &result));
	cr_assert_eq(div_round_up(UINT64_MAX, 1), UINT64_MAX);
	cr_assert_eq(div_round_up(UINT64_MAX, 2), UINT64_C(1) << 63);
	cr_assert_eq(div_round_up(0, 5), 0);
	cr_assert_eq(round_down(1023, 512), 512);
}

Test(checked, ranges)
{
	cr_assert(range_within(0, 0, 0));
	cr_assert(range_within(10, 0, 10));
	cr_assert(range_within(0, 10, 10));
	cr_assert_not(range_within(11, 0, 10));
	cr_assert_not(range_within(1, 10, 10));
	cr_assert_not(range_within(UINT64_MAX, 2, UINT64_MAX));
	cr_assert_not(range_within(2, UINT64_MAX, UINT64_MAX));
	cr_assert(range_within(UINT64_MAX, 0, UINT64_MAX));
}

Test(checked, small_questions)
{
	cr_assert_not(is_power_of_two(0));
	cr_assert(is_power_of_two(1));
	cr_assert(is_power_of_two(UINT64_C(1) << 63));
	cr_assert_not(is_power_of_two(UINT64_MAX));
	cr_assert_eq(min_u64(1, UINT64_MAX), 1);
	cr_assert_eq(max_u64(1, UINT64_MAX), UINT64_MAX);
}

Test(checked, bytes_in_both_orders)
{
	static const uint8_t expected_le[8] = {8, 7, 6, 5, 4, 3, 2, 1},
			     expected_be[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t bytes[9];

	put_le64(bytes + 1, UINT64_C(0x0102030405060708));
	cr_assert_arr_eq(bytes + 1, expected_le, 8);
	cr_assert_eq(get_le64(bytes + 1), UINT64_C(0x0102030405060708));
	cr_assert_eq(get_le32(bytes + 1), 0x05060708);
	cr_assert_eq(get_le16(bytes + 1), 0x0708);
	put_be64(bytes + 1, UINT64_C(0x0102030405060708));
	cr_assert_arr_eq(bytes + 1, expected_be, 8);
	cr_assert_eq(get_be32(bytes + 1), 0x01020304);
	cr_assert_eq(get_be16(bytes + 1), 0x0102);
}

Test(checked, zeros)
{
	uint8_t bytes[64] = {0};

	cr_assert(is_zero(bytes, 0));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		cr_assert(is_zero(bytes, sizeof(bytes)));
		bytes[i] = 1;
		cr_assert_not(is_zero(bytes, sizeof(bytes)));
		cr_assert(is_zero(bytes, i));
		cr_assert_not(is_zero(bytes, i + 1));
		bytes[i] = 0;
	}
}

Test(checked, take_leaves_null)
{
	CLEANUP_FREE char *from = malloc(1);
	char *before = from, *taken = TAKE(from);

	cr_assert_eq(taken, before);
	cr_assert_null(from);
	free(taken);
}
