/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a run is, for people and for programs: see progress.h. */
#include "convert/cmd/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/safe_text.h"
#include "common/size.h"
#include "vhd/vhd.h"

/* Redraw at most this often on a terminal. */
#define REDRAW_SECONDS 0.2
/* Lines of JSON: each percent, and so often where it takes longer. */
#define TELL_SECONDS 1.0
/* Of a phase that is over in no time nobody wants a hundred. */
#define LEAST_SECONDS 0.001
/* So long a full pipe is waited for, once, with what must not be missing. */
#define PATIENCE_SECONDS 1

#define LINE_SIZE 256

static volatile sig_atomic_t state_wanted;

static void want_state(int number)
{
	(void)number;
	state_wanted = 1;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

double progress_seconds(const struct progress_view *view)
{
	return seconds_since(&view->start);
}

bool cmd_progress_has(int key)
{
	return key >= CMD_OPTION_PROGRESS && key < CMD_OPTION_PROGRESS_END;
}

static int set_style(struct progress_wish *wish, const char *argument, struct error *err)
{
	static const char *const styles[PROGRESS_STYLE_MAX] = {
		[PROGRESS_AUTO] = "auto",
		[PROGRESS_PLAIN] = "plain",
		[PROGRESS_JSON] = "json",
		[PROGRESS_NONE] = "none",
	};

	for (unsigned int i = 0; i < PROGRESS_STYLE_MAX; i++)
		if (strcmp(argument, styles[i]) == 0) {
			wish->style = (enum progress_style)i;
			return 0;
		}
	return error_usage(err, "option '--progress': '%s' is none of auto, plain, json and none",
			   argument);
}

/* Nothing of ours is open yet that could be taken for it. */
static int set_fd(struct progress_wish *wish, const char *argument, struct error *err)
{
	unsigned int number = 0;
	int r = cmd_parse_number("progress-fd", argument, STDERR_FILENO + 1, INT16_MAX, &number,
				 err);
	int flags = r < 0 ? -1 : fcntl((int)number, F_GETFL);

	if (r < 0)
		return r;
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return error_usage(err, "option '--progress-fd': %s %u%s",
				   flags < 0 ? "nothing is open at" : "what is open at", number,
				   flags < 0 ? "" : " cannot be written");
	/* Programs that are started leave it alone. */
	fcntl((int)number, F_SETFD, FD_CLOEXEC);
	wish->fd = (int)number;
	return 0;
}

int cmd_progress_set(struct progress_wish *wish, int key, const char *argument, struct error *err)
{
	return key == CMD_OPTION_PROGRESS ? set_style(wish, argument, err)
					  : set_fd(wish, argument, err);
}

/* Is what is open there this file? */
static bool is_at(int fd, const struct stat *file)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

bool progress_keep_off(struct progress_view *view, const struct stat *file)
{
	bool goes = (view->fd && is_at(view->fd, file)) ||
		    ((view->as_json || view->each_percent) && is_at(STDERR_FILENO, file));

	if (goes) {
		view->fd = 0;
		view->as_json = view->each_percent = false;
	}
	return goes;
}

/* Can it take a line without waiting? Of a pipe the kernel says so only when there is room for more than a line. */
static bool has_room(int fd, time_t patience)
{
	struct pollfd poll = {.fd = fd, .events = POLLOUT};
	const struct timespec wait = {.tv_sec = patience};
	int r;

	do
		r = ppoll(&poll, 1, &wait, NULL);
	while (r < 0 && errno == EINTR);
	return r > 0;
}

/* A reader that has gone is no reason to end: that is what the signal would do. */
static void write_line(struct progress_view *view, const char *line, size_t size)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	ssize_t n;

	sigaction(SIGPIPE, &ignore, &before);
	n = write(view->fd, line, size);
	if (n < 0 && errno == EPIPE)
		view->fd = 0;
	sigaction(SIGPIPE, &before, NULL);
}

void progress_put(struct progress_view *view, const char *json, bool is_last)
{
	char line[4096]; /* what a pipe takes whole */
	int n = snprintf(line, sizeof(line), "%s\n", json);

	if (n < 0 || (size_t)n >= sizeof(line))
		return;
	if (view->as_json)
		safe_lines(stderr, line);
	if (!view->fd)
		return;
	if (!has_room(view->fd, is_last && !view->is_stuck ? PATIENCE_SECONDS : 0)) {
		view->is_stuck |= is_last;
		return;
	}
	view->is_stuck = false;
	write_line(view, line, (size_t)n);
}

bool progress_has_json(const struct progress_view *view)
{
	return view->as_json || view->fd;
}

static void put_state(struct progress_view *view, uint64_t done, uint64_t total)
{
	char line[LINE_SIZE];

	snprintf(line, sizeof(line),
		 "{\"schema\":%d,\"type\":\"progress\",\"phase\":\"%s\",\"done\":%" PRIu64
		 ",\"total\":%" PRIu64 ",\"seconds\":%.3f}",
		 PROGRESS_SCHEMA, progress_phase_text(view->phase), done, total,
		 progress_seconds(view));
	progress_put(view, line, done == total);
}

void progress_over(struct progress_view *view, int exit_status)
{
	char line[LINE_SIZE];

	snprintf(line, sizeof(line),
		 "{\"schema\":%d,\"type\":\"end\",\"phase\":\"end\",\"done\":%d,\"total\":1,"
		 "\"seconds\":%.3f,\"exit_status\":%d}",
		 PROGRESS_SCHEMA, exit_status == 0, progress_seconds(view), exit_status);
	progress_put(view, line, true);
}

static unsigned int percent_of(uint64_t done, uint64_t total)
{
	return total ? (unsigned int)((double)done / (double)total * 100) : 100;
}

/* The time that is left is that until all has reached its device. */
static void print_rate(const struct progress_view *view, uint64_t done, uint64_t total)
{
	double left = rate_left(&view->rate);
	char so_far[32], whole[32], speed[32];

	safe_printf(stderr, "%s of %s (%u %%), %s/s", size_text(done, so_far),
		    size_text(total, whole), percent_of(done, total),
		    size_text((uint64_t)rate_speed(&view->rate), speed));
	if (left >= 0)
		safe_printf(stderr, ", %.0f s left", left);
}

static void print_state(struct progress_view *view, uint64_t done, uint64_t total, bool is_redrawn)
{
	if (view->on_terminal)
		safe_printf(stderr, "\r");
	if (progress_has_rate(view->phase))
		print_rate(view, done, total);
	else
		safe_printf(stderr, "%s (%u %%)", progress_phase_text(view->phase),
			    percent_of(done, total));
	if (view->on_terminal)
		safe_printf(stderr, "\033[K");
	safe_printf(stderr, is_redrawn ? "\r" : "\n");
	fflush(stderr);
	view->is_drawn = is_redrawn;
}

static void begin_phase(struct progress_view *view, enum progress_phase phase, uint64_t total)
{
	view->phase = phase;
	view->has_phase = true;
	view->is_drawn_over = false;
	view->done = 0;
	view->percent = 0;
	clock_gettime(CLOCK_MONOTONIC, &view->phase_start);
	rate_start(&view->rate, total, phase == PROGRESS_COPY ? VHD_WRITE_LEAD : 0);
}

static void tell_state(struct progress_view *view, uint64_t done, uint64_t total)
{
	clock_gettime(CLOCK_MONOTONIC, &view->told);
	view->told_done = done;
	view->told_percent = percent_of(done, total);
	put_state(view, done, total);
}

/* Of what everybody is told of, when is it time? */
static void tell_json(struct progress_view *view, uint64_t done, uint64_t total, bool is_new)
{
	bool is_over = done == total && view->told_done != total;
	double silence = seconds_since(&view->told);
	bool is_due = done < total && silence >= LEAST_SECONDS &&
		      (percent_of(done, total) > view->told_percent || silence >= TELL_SECONDS);

	if (!is_new && !is_over && !is_due)
		return;
	tell_state(view, done, total);
}

static void tell_people(struct progress_view *view, uint64_t done, uint64_t total)
{
	bool is_over = done == total && !view->is_drawn_over;

	if (view->on_terminal && (seconds_since(&view->drawn) >= REDRAW_SECONDS || is_over)) {
		clock_gettime(CLOCK_MONOTONIC, &view->drawn);
		view->is_drawn_over = done == total;
		print_state(view, done, total, true);
	} else if (view->each_percent && progress_has_rate(view->phase) &&
		   percent_of(done, total) > view->percent) {
		print_state(view, done, total, false);
	}
}

/* SIGUSR1. Between lines of JSON stands one more: true, as nothing else is to be told of this state then. */
static bool answer(struct progress_view *view, uint64_t done, uint64_t total)
{
	struct stat st;

	if (view->as_json || (view->fd && fstat(STDERR_FILENO, &st) == 0 && is_at(view->fd, &st))) {
		tell_state(view, done, total);
		return true;
	}
	print_state(view, done, total, false);
	return false;
}

static void update(void *opaque, enum progress_phase phase, uint64_t done, uint64_t total)
{
	struct progress_view *view = opaque;
	bool is_new = !view->has_phase || phase != view->phase, is_told = false;

	if (is_new)
		begin_phase(view, phase, total);
	done = min_u64(max_u64(done, view->done), total);
	view->done = done;
	rate_add(&view->rate, seconds_since(&view->phase_start), done);
	if (state_wanted) {
		state_wanted = 0;
		is_told = answer(view, done, total);
	}
	tell_people(view, done, total);
	if (progress_has_json(view) && !is_told)
		tell_json(view, done, total, is_new);
	view->percent = percent_of(done, total);
}

void progress_start(struct progress_view *view, const struct progress_wish *wish, bool verbose,
		    bool quiet)
{
	bool is_auto = wish->style == PROGRESS_AUTO && !quiet;

	*view = (struct progress_view){
		.tell = {update, view},
		.on_terminal = is_auto && isatty(STDERR_FILENO),
		.as_json = wish->style == PROGRESS_JSON,
		.fd = wish->fd,
	};
	view->each_percent =
		wish->style == PROGRESS_PLAIN || (is_auto && verbose && !view->on_terminal);
	clock_gettime(CLOCK_MONOTONIC, &view->start);
	view->phase_start = view->drawn = view->told = view->start;
}

void progress_listen(void)
{
	struct sigaction action = {.sa_handler = want_state, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
}

void progress_hide(struct progress_view *view)
{
	if (view->is_drawn)
		safe_printf(stderr, "\r\033[K");
	view->is_drawn = false;
}
