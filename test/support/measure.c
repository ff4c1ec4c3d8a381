/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure FILE COMMAND...: runs it, writes the most memory that it had (KiB) to FILE, and ends
 * with its status.  A large process that starts another one would see its own size instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct rusage usage;
	pid_t pid;
	int status;
	FILE *out;

	if (argc < 3 || (pid = fork()) < 0)
		return EXIT_FAILURE;
	if (pid == 0) {
		(void)execv(argv[2], argv + 2);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &usage) != pid || (out = fopen(argv[1], "w")) == NULL)
		return EXIT_FAILURE;
	(void)fprintf(out, "%ld\n", usage.ru_maxrss);
	if (fclose(out) != 0)
		return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
