/* SPDX-License-Identifier: Apache-2.0 */
#include "media/sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "admin/client.h"
#include "base/clock.h"
#include "codec/json.h"
#include "release/statement.h"
#include "release/version.h"

enum {
	ANSWER_MAX = 1 << 20,
	LOOK_MS = 5000,
	RELOAD_MS = 60000,
	PAUSE_MS = 50,
	QUICK_MS = 1000
};

extern char **environ;

static void
pause_ms(long ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* ---- asking ---- */

static err_t
ask(struct arena *arena, const char *path, str_t line, int fd, int timeout_ms,
    struct diag *diag, value_t *ret)
{
	struct buf answer;
	err_t err;

	buf_init(&answer, ANSWER_MAX);
	err = admin_call(path, line, fd, timeout_ms, &answer, diag);
	if (err == ERR_OK)
		err = json_read(arena, buf_str(&answer), NULL, diag, ret);
	buf_fini(&answer);
	return err;
}

static err_t
take_answer(value_t answer, struct diag *diag)
{
	str_t message = statement_text(answer, "message");

	if (value_object_get_text(answer, "ok").tag == VALUE_TRUE)
		return ERR_OK;
	diag_say(diag, "refused", "the sidecar refused it: %.*s", STR_FMT(message));
	return ERR_REFUSED;
}

static err_t
look(struct arena *arena, const char *path, int timeout_ms, struct diag *diag,
    struct sidecar_status *ret)
{
	value_t answer = VALUE_NONE;
	err_t err =
	    ask(arena, path, STR("{\"command\":\"status\"}"), -1, timeout_ms, NULL, &answer);

	*ret = (struct sidecar_status){ .running = false };
	if (err == ERR_UNREACHABLE && !admin_is_there(path))
		return ERR_OK;
	if (err != ERR_OK) {
		diag_say(diag, "media",
		    "%s: the sidecar listens here and does not answer: see to it first, or "
		    "stop it",
		    path);
		return ERR_UNREACHABLE;
	}
	TRY(take_answer(answer, diag));
	*ret = (struct sidecar_status){ .running = true,
		.pid = statement_number(answer, "pid", 0),
		.policies = statement_number(answer, "policy_count", 0),
		.version = statement_text(answer, "version") };
	return ERR_OK;
}

err_t
sidecar_look(
    struct arena *arena, const char *path, struct diag *diag, struct sidecar_status *ret)
{
	return look(arena, path, LOOK_MS, diag, ret);
}

err_t
sidecar_reload(struct arena *arena, const char *path, struct diag *diag)
{
	value_t answer;

	TRY(ask(arena, path, STR("{\"command\":\"reload\"}"), -1, RELOAD_MS, diag, &answer));
	return take_answer(answer, diag);
}

err_t
sidecar_go_back(
    struct arena *arena, const char *path, const char *bundle_path, struct diag *diag)
{
	int fd = open(bundle_path, O_RDONLY | O_CLOEXEC);
	value_t answer = VALUE_NONE;
	struct buf line;
	err_t err;

	if (fd < 0) {
		diag_say(diag, "media", "cannot open %s: %s", bundle_path, strerror(errno));
		return ERR_IO;
	}
	buf_init(&line, ADMIN_LINE_MAX);
	buf_add_text(
	    &line, "{\"command\":\"reload-policy\",\"allow_rollback\":true,\"name\":");
	json_write_string(&line, str_of(bundle_path), false);
	buf_add_char(&line, '}');
	err = ask(arena, path, buf_str(&line), fd, RELOAD_MS, diag, &answer);
	buf_fini(&line);
	(void)close(fd);
	return err == ERR_OK ? take_answer(answer, diag) : err;
}

/* ---- starting ---- */

static err_t
start(const char *command, struct diag *diag, pid_t *ret)
{
	char shell[] = "sh", option[] = "-c";
	char *const argv[] = { shell, option, (char *)command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int error;

	if (posix_spawn_file_actions_init(&files) != 0)
		return ERR_MEMORY;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return ERR_MEMORY;
	}
	/* What it says is for people: stdout is this program's own. */
	error =
	    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	if (error == 0)
		error = posix_spawn(ret, "/bin/sh", &files, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	if (error == 0)
		return ERR_OK;
	diag_say(diag, "update", "cannot run /bin/sh: %s", strerror(error));
	return ERR_IO;
}

err_t
sidecar_run(const char *command, int64_t until_ns, struct diag *diag)
{
	int status = 0;
	pid_t child, got;

	TRY(start(command, diag, &child));
	while ((got = waitpid(child, &status, WNOHANG)) == 0) {
		if (clock_steady_ns(&clock_system) >= until_ns) {
			(void)kill(-child, SIGKILL);
			(void)waitpid(child, &status, 0);
			diag_say(diag, "update", "%s: it did not end in time", command);
			return ERR_DEADLINE;
		}
		pause_ms(PAUSE_MS / 5);
	}
	if (got == child && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return ERR_OK;
	diag_say(diag, "update", "%s: it ended with %s %d", command,
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return ERR_IO;
}

/* NULL: it is as it should be. */
static const char *
find_fault(const struct sidecar_status *now, const struct sidecar_status *before,
    str_t version, bool *ret_lasting)
{
	*ret_lasting = false;
	if (!now->running)
		return "nobody listens on its admin socket";
	if (before->running && now->pid == before->pid)
		return "it is still the old process";
	if (version.len > 0 && version_is_good(now->version) && version_is_good(version) &&
	    version_compare(now->version, version) != 0) {
		*ret_lasting = true;
		return "it says it is another version than was signed";
	}
	if (before->policies > 0 && now->policies == 0)
		return "it has no policy, and the one before had";
	return NULL;
}

err_t
sidecar_wait(struct arena *arena, const char *path, const struct sidecar_status *before,
    str_t version, int64_t until_ns, struct diag *diag, struct sidecar_status *ret)
{
	struct arena_mark mark = arena_mark(arena);
	const char *fault;
	bool lasting = false;

	for (;;) {
		struct sidecar_status now;

		arena_release(arena, mark);
		fault = look(arena, path, QUICK_MS, NULL, &now) == ERR_OK
			    ? find_fault(&now, before, version, &lasting)
			    : "it does not answer";
		if (fault == NULL) {
			*ret = now;
			return ERR_OK;
		}
		if (lasting || clock_steady_ns(&clock_system) >= until_ns)
			break;
		pause_ms(PAUSE_MS);
	}
	diag_say(diag, "update", "%s: the sidecar is not well: %s", path, fault);
	return ERR_DEADLINE;
}
