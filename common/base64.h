/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 (RFC 4648 section 4) and hexadecimal digits, as configurations and exports carry bytes. */
#ifndef HVGEN2_COMMON_BASE64_H
#define HVGEN2_COMMON_BASE64_H

#include "common/buffer.h"

/* Lines of 64 columns, each followed by 'newline'; nothing for no bytes. */
void base64_encode(struct buffer *out, const uint8_t *data, size_t size, const char *newline);

/* White space between the digits is skipped. false when it is not base64. */
bool base64_decode(const char *text, size_t length, struct buffer *ret);

void hex_encode(struct buffer *out, const uint8_t *data, size_t size);

/* Two digits a byte and nothing else. */
bool hex_decode(const char *text, size_t length, struct buffer *ret);

#endif
