/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The NVRAM store of the new VM: see firmware.h. */
#include "convert/firmware.h"

#include <errno.h>
#include <stdlib.h>

#include "common/checked.h"

#define KEYS_ADVICE	"name a file that holds the keys of Secure Boot"
#define TEMPLATE_ADVICE "choose another store as template"

static int read_store(const char *path, struct nvram_store **ret, struct error *err)
{
	if (!path)
		return 0;
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return error_failed(err, ENOMEM, "out of memory");
	return nvram_store_read(path, *ret, err);
}

int firmware_read_template(struct firmware_options *options, struct error *err)
{
	int r = read_store(options->template, &options->store, err);

	return r < 0 ? r : read_store(options->keys_path, &options->keys, err);
}

static void store_free(struct nvram_store **store)
{
	if (*store)
		nvram_store_done(*store);
	free(*store);
	*store = NULL;
}

void firmware_template_done(struct firmware_options *options)
{
	store_free(&options->store);
	store_free(&options->keys);
}

static void add_certificate(void *context, const uint8_t *der, size_t size)
{
	struct guest_trust *trust = context;

	if (trust->count < GUEST_TRUST_MAX)
		trust->certificates[trust->count++] = (struct file_bytes){der, size, "db"};
}

int firmware_decode(const struct firmware_options *options, struct guest_trust *ret,
		    struct error *err)
{
	struct nvram_store *const stores[] = {options->keys, options->store};

	*ret = (struct guest_trust){.count = 0};
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		int r = stores[i] ? nvram_store_decode(stores[i], err) : 0;

		if (r < 0)
			return error_advise(err, i == 0 ? KEYS_ADVICE : TEMPLATE_ADVICE);
		if (stores[i] && ret->count == 0)
			nvram_db_certificates(&stores[i]->nvram, add_certificate, ret);
	}
	return 0;
}

static int add_keys(const struct firmware_options *options, enum nvram_format format,
		    struct nvram *nvram, struct error *err)
{
	int r = options->keys ? nvram_add_keys(nvram, format, &options->keys->nvram,
					       options->keys_path, err)
			      : 0;

	return r < 0 ? error_advise(err, KEYS_ADVICE) : 0;
}

/* The controller is that of the script for Hyper-V, whose stores are guest state files. */
static bool has_drive(const struct firmware_options *options, enum nvram_format format)
{
	return options->drive.is_known &&
	       (format == NVRAM_FORMAT_VMGS || format == NVRAM_FORMAT_VMGS_1);
}

/* At the bottom; 'ret_number' may be NULL. */
static int add_drive(const struct firmware_options *options, struct nvram *nvram,
		     uint16_t *ret_number, struct error *err)
{
	const struct firmware_drive *drive = &options->drive;

	return nvram_add_drive(nvram, &drive->controller, drive->lun, NVRAM_SCSI_DRIVE, ret_number,
			       err);
}

/* On top of what is there, before the entry for the file comes above it. */
static int add_first_drive(const struct firmware_options *options, struct nvram *nvram,
			   struct error *err)
{
	uint16_t number;
	int r = add_drive(options, nvram, &number, err);

	return r < 0 ? r : nvram_boot_first(nvram, number, err);
}

/* The store that the user has, with our entry on top. */
static int firmware_from_template(const struct nvram_partition *esp,
				  const struct nvram_file *loader,
				  const struct firmware_options *options, struct firmware *ret,
				  struct error *err)
{
	const char *name = options->template;
	struct nvram_store *store = options->store;
	int r = add_keys(options, store->format, &store->nvram, err);

	if (r == 0 && has_drive(options, store->format))
		r = add_first_drive(options, &store->nvram, err);
	if (r == 0)
		r = nvram_from_template(store, esp, loader, options->drop_stale_entries, &ret->file,
					&ret->size, err);
	if (r < 0)
		return error_advise(err, TEMPLATE_ADVICE);
	return nvram_decode(ret->file, ret->size, name, &ret->nvram, err);
}

/* A form of text has no times of keys: what is told is what the file holds. */
static int read_back(const struct firmware_options *options, struct firmware *ret,
		     struct error *err)
{
	nvram_done(&ret->nvram);
	return nvram_decode(ret->file, ret->size, nvram_format_text(options->format), &ret->nvram,
			    err);
}

struct nvram_partition firmware_esp(const struct plan *plan)
{
	const struct gpt_partition *esp = &plan->gpt.partitions[plan->esp];

	return (struct nvram_partition){
		.number = esp->number,
		.start_lba = esp->first_lba,
		.sectors = esp->last_lba - esp->first_lba + 1,
		.guid = esp->unique,
	};
}

static int firmware_from_nothing(const struct plan *plan, const struct nvram_file *loader,
				 const struct firmware_options *options, struct firmware *ret,
				 struct error *err)
{
	const struct nvram_partition esp = firmware_esp(plan);
	int r = nvram_add_file(&ret->nvram, &esp, loader->path, loader->description, NULL, err);

	if (r == 0 && options->has_nvram && has_drive(options, options->format))
		r = add_drive(options, &ret->nvram, NULL, err);
	if (r < 0 || !options->has_nvram)
		return r;
	r = add_keys(options, options->format, &ret->nvram, err);
	if (r == 0)
		r = nvram_encode(options->format, &ret->nvram, &plan->nvram_id, &ret->file,
				 &ret->size, err);
	return r < 0 ? r : read_back(options, ret, err);
}

int firmware_build(const struct plan *plan, const struct nvram_file *loader,
		   const struct firmware_options *options, struct firmware *ret, struct error *err)
{
	const struct nvram_partition esp = firmware_esp(plan);
	const char *warning = NULL;
	int r = options->template ? firmware_from_template(&esp, loader, options, ret, err)
				  : firmware_from_nothing(plan, loader, options, ret, err);

	ret->keys_path = options->keys_path;
	if (r == 0 && options->has_nvram)
		warning = nvram_key_warning(options->template ? options->store->format
							      : options->format,
					    &ret->nvram);
	if (warning)
		note_add(&ret->warnings, "%s", warning);
	return r;
}

bool firmware_has_keys(const struct firmware *firmware)
{
	return nvram_has_secure_boot_keys(&firmware->nvram);
}

void firmware_done(struct firmware *firmware)
{
	nvram_done(&firmware->nvram);
	free(firmware->file);
	note_list_done(&firmware->warnings);
	*firmware = (struct firmware){.file = NULL};
}
