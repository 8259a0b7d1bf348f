/* Built and run when man pages are made: copies a page from standard input to standard output and puts the tables in where a line says @part@. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/manpage.h"

int main(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int status = 0;

	while (status == 0 && (n = getline(&line, &cap, stdin)) > 0) {
		if (n > 3 && line[0] == '@' && line[n - 2] == '@') {
			line[n - 2] = '\0';
			if (manpage_part(stdout, line + 1) < 0) {
				fprintf(stderr, "manpages: no part is called %s\n", line + 1);
				status = 1;
			}
		} else {
			fputs(line, stdout);
		}
	}
	free(line);
	return fflush(stdout) != 0 || ferror(stdout) || ferror(stdin) ? 1 : status;
}
