#include "cli/step.h"

#ifdef PSABILL_STEPS
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"

void step_hit(const char *name)
{
	static int64_t count;
	const char *s = getenv("PSABILL_STOP_AT");
	int64_t at;

	count++;
	if (s == NULL || num_parse_int(s, 1, 1000000, &at) < 0)
		return;
	log_write(LOG_DEBUG, "step", "%lld %s", (long long)count, name);
	if (count == at)
		_exit(100);
}

int step_alone(void)
{
	return getenv("SWEEP_ONE_THREAD") != NULL;
}

size_t step_portion(size_t most)
{
	const char *s = getenv("SWEEP_PORTION");
	int64_t n;

	return s != NULL && num_parse_int(s, 1, 1000000, &n) == 0 ? (size_t)n : most;
}
#else
typedef int step_is_empty; /* ISO C wants a declaration in every unit */
#endif
