/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far a run is, for people and for programs: on standard error a line that is rewritten on a terminal, a line per percent
 * elsewhere when asked for, and one line whenever SIGUSR1 arrives, as dd prints it; or lines of JSON there or on a descriptor
 * of the caller's (schema/progress.schema.json). Whoever reads these and stops, or never reads, holds nothing up.
 */
#ifndef HVGEN2_CONVERT_CMD_PROGRESS_H
#define HVGEN2_CONVERT_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "common/progress.h"
#include "common/rate.h"
#include "convert/cmd/cmd.h"

/* Of schema/progress.schema.json. */
#define PROGRESS_SCHEMA 1

enum progress_style {
	PROGRESS_AUTO, /* the line of a terminal, and nothing elsewhere */
	PROGRESS_PLAIN,
	PROGRESS_JSON,
	PROGRESS_NONE,
	PROGRESS_STYLE_MAX,
};

/* What the options said. Embedded; all zero is what holds without them. */
struct progress_wish {
	enum progress_style style;
	int fd; /* for JSON, beside the style; 0: none */
};

enum { CMD_OPTION_PROGRESS = 768, CMD_OPTION_PROGRESS_FD, CMD_OPTION_PROGRESS_END };

/* Rows of a verb's table of options. */
#define CMD_PROGRESS_OPTIONS                                                                       \
	{CMD_OPTION_PROGRESS, "progress", "HOW",                                                   \
	 "on standard error: auto (a line on a terminal), plain (a line per\n"                     \
	 "percent), json (objects) or none; default: auto"},                                       \
	{                                                                                          \
		CMD_OPTION_PROGRESS_FD, "progress-fd", "N",                                        \
			"and write it as lines of JSON to the open descriptor N, from 3 on"        \
	}

/* Is it the key of one of these rows? */
bool cmd_progress_has(int key);

/* Take one of these options. Errors: ERROR_USAGE, also when nothing is open at N that can be written. */
int cmd_progress_set(struct progress_wish *wish, int key, const char *argument, struct error *err);

struct progress_view {
	struct progress tell; /* to be handed to whoever does the work */
	bool on_terminal, each_percent, as_json;
	int fd;		    /* 0: none */
	bool is_drawn;	    /* the line stands on the terminal */
	bool is_drawn_over; /* and says that the phase is over */
	bool is_stuck;	    /* nobody reads at the other end: it is not waited for any more */
	bool has_phase;	    /* something was told, of 'phase' */
	enum progress_phase phase;
	uint64_t done, told_done;
	unsigned int percent, told_percent; /* of what people and programs were told */
	struct rate rate;		    /* of the phase */
	struct timespec start, phase_start, drawn, told;
};

/*
 * The run begins. 'quiet' and 'verbose' say what the style is when the options leave it at auto: none, or plain where there
 * is no terminal. Two processes may have copies of a view, one at a time telling.
 */
void progress_start(struct progress_view *view, const struct progress_wish *wish, bool verbose,
		    bool quiet);

/* From now on SIGUSR1 is answered by this process. */
void progress_listen(void);

/* Take the line off the terminal, for something else to be printed: the next state draws it again. */
void progress_hide(struct progress_view *view);

/* The last line of JSON: how it ended. */
void progress_over(struct progress_view *view, int exit_status);

/* Does any of it go into this file, or to what else is open so? From now on it does not. */
bool progress_keep_off(struct progress_view *view, const struct stat *file);

/* Lines of JSON are wanted at all. */
bool progress_has_json(const struct progress_view *view);

/* One such line that somebody else made, without its end. 'is_last' of its kind: it is waited for somewhat. */
void progress_put(struct progress_view *view, const char *json, bool is_last);

/* Seconds since the run began. */
double progress_seconds(const struct progress_view *view);

#endif
