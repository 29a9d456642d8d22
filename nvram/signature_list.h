/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EFI_SIGNATURE_LISTs: what PK, KEK, db and dbx consist of (UEFI 2.10 section 32.4.1). */
#ifndef HVGEN2_NVRAM_SIGNATURE_LIST_H
#define HVGEN2_NVRAM_SIGNATURE_LIST_H

#include "common/buffer.h"
#include "nvram/nvram.h"

#define SIGNATURE_SHA256_SIZE 32

enum signature_type { SIGNATURE_X509, SIGNATURE_SHA256, SIGNATURE_OTHER };

/* One signature of a variable. 'data' lies within it: a certificate in DER, or a hash. */
struct signature {
	enum signature_type type;
	bool is_first; /* of its list */
	const uint8_t *data;
	size_t size;
};

/* Call 'each' for every signature of a variable, in order, until it returns something else than 0,
 * which is returned then. ERROR_DAMAGED when the sizes of the lists do not add up. */
int signature_list_walk(const struct nvram_variable *variable,
			int (*each)(void *context, const struct signature *signature),
			void *context, struct error *err);

/* Append a list of one certificate, or of 'count' hashes that lie one behind the other, with the
 * owner that Microsoft's own have. */
void signature_list_add_certificate(struct buffer *lists, const uint8_t *certificate, size_t size);
void signature_list_add_hashes(struct buffer *lists, const uint8_t *hashes, size_t count);

#endif
