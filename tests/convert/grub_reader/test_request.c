/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the reader may be asked. */
#include <criterion/criterion.h>
#include <string.h>

#include "convert/grub_reader/request.h"

TestSuite(grub_request, .timeout = 60);

Test(grub_request, devices)
{
	static const char *const good[] = {"(loop0,msdos1)", "(loop0,gpt128)", "(lvm/vg-root)",
					   "(lvm/vg--0.a_b+c-root)",
					   "(mduuid/0123456789abcdef0123456789abcdef)"};
	static const char *const bad[] = {"",
					  "(",
					  "(loop0)",
					  "(loop0,msdos)",
					  "(loop0,msdos1",
					  "(loop0,msdos1)x",
					  "(loop0,msdos1)/",
					  "(loop0,msdos1234)",
					  "(loop0,msdos1,gpt2)",
					  "(loop1,msdos1)",
					  "(hd0,msdos1)",
					  "(host)",
					  "(lvm/a)b-c)",
					  "(lvm/)",
					  "(lvm/a/b-c)",
					  "(lvm/a b)",
					  "(mduuid/0123)",
					  "-x",
					  "(mduuid/0123456789ABCDEF0123456789ABCDEF)"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect(request_is_device(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(request_is_device(bad[i]), "%s", bad[i]);
}

static struct request request;

static bool is_valid(uint32_t what, const char *device, const char *bytes, size_t size)
{
	memset(&request, 0, sizeof(request));
	request.head.what = what;
	memcpy(request.head.device, device, strlen(device));
	memcpy(request.bytes, bytes, size);
	return request_is_valid(&request, sizeof(request.head) + size);
}

Test(grub_request, every_byte_counts)
{
	static const char device[] = "(loop0,msdos1)";
	char longest[REQUEST_PATH + 1];

	cr_expect(is_valid(REQUEST_READ, device, "/a b", 5));
	cr_expect(is_valid(REQUEST_LIST, device, "/", 2));
	cr_expect(is_valid(REQUEST_PROBE, device, "", 0));
	cr_expect(is_valid(REQUEST_NAMES, device, "/", 2));
	cr_expect(is_valid(REQUEST_NAMES, device, "/\n/a b/\n/c", 11));
	cr_expect_not(is_valid(REQUEST_NAMES, device, "/\n", 3));
	cr_expect_not(is_valid(REQUEST_NAMES, device, "/\n-x", 5));
	cr_expect_not(is_valid(REQUEST_NAMES, device, "/\n\n/", 5));
	cr_expect_not(is_valid(REQUEST_NAMES, device, "x\n/", 4));
	cr_expect_not(is_valid(REQUEST_NAMES, device, "/\0/", 4));
	cr_expect_not(is_valid(REQUEST_NAMES, device, "/", 1));
	cr_expect_not(is_valid(REQUEST_NAMES, device, "", 0));
	cr_expect_not(is_valid(REQUEST_NAMES, "(host)", "/", 2));
	cr_expect_not(is_valid(REQUEST_PROBE, device, "/", 2));
	cr_expect_not(is_valid(REQUEST_PROBE, "(host)", "", 0));

	cr_expect_not(is_valid(REQUEST_READ, device, "/a", 2), "no end");
	cr_expect_not(is_valid(REQUEST_READ, device, "/a\0b", 5), "two texts");
	cr_expect_not(is_valid(REQUEST_READ, device, "a", 2), "no slash");
	cr_expect_not(is_valid(REQUEST_READ, device, "", 1));
	cr_expect_not(is_valid(REQUEST_READ, device, "", 0));
	cr_expect_not(is_valid(REQUEST_LIST, "(host)", "/", 2));
	cr_expect_not(is_valid(0, device, "/", 2));
	cr_expect_not(is_valid(REQUEST_NAMES + 1, device, "/", 2));

	for (size_t i = 0; i < REQUEST_NAMES_MAX; i++)
		memcpy(longest + 2 * i, "/\n", 2);
	longest[2 * REQUEST_NAMES_MAX - 1] = '\0';
	cr_expect(is_valid(REQUEST_NAMES, device, longest, 2 * REQUEST_NAMES_MAX));
	memcpy(longest + 2 * REQUEST_NAMES_MAX - 1, "\n/", 3);
	cr_expect_not(is_valid(REQUEST_NAMES, device, longest, 2 * REQUEST_NAMES_MAX + 2));
	memset(longest, '/', sizeof(longest));
	longest[REQUEST_PATH - 1] = '\0';
	cr_expect(is_valid(REQUEST_READ, device, longest, REQUEST_PATH));
	longest[REQUEST_PATH - 1] = '/';
	longest[REQUEST_PATH] = '\0';
	cr_expect_not(is_valid(REQUEST_READ, device, longest, REQUEST_PATH + 1));

	memset(&request, 'x', sizeof(request)); /* a device without an end */
	request.head.what = REQUEST_READ;
	request.head.most = request.head.disk_size = 1;
	memcpy(request.bytes, "/", 2);
	cr_expect_not(request_is_valid(&request, sizeof(request.head) + 2));
	cr_expect_not(request_is_valid(&request, sizeof(request.head) - 1));
	cr_expect_not(request_is_valid(&request, 0));
	memcpy(request.head.device, device, sizeof(device));
	cr_expect(request_is_valid(&request, sizeof(request.head) + 2));
	request.head.disk_size = UINT64_MAX;
	cr_expect_not(request_is_valid(&request, sizeof(request.head) + 2), "no disk is so large");
	request.head.disk_size = INT64_MAX;
	request.head.most = REQUEST_FILE_MAX + 1;
	cr_expect_not(request_is_valid(&request, sizeof(request.head) + 2),
		      "an answer without end");
}
