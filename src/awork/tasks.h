/* Tasks of awork, as far as time is booked on them. */
#ifndef AWORK_TASKS_H
#define AWORK_TASKS_H

#include "awork/http.h"
#include "base/pool.h"

struct tasks_item { const char *id, *name, *project_id, *work_id; }; /* NULL where awork names none; texts belong to the pool */
struct tasks_list { struct tasks_item *v; size_t n; };

/* All tasks of a project (GET /projects/{id}/projecttasks). v belongs to the pool. */
int tasks_of_project(struct http *h, const char *project_id, struct pool *pool, struct tasks_list *out, struct err *e);
/* Tasks by their ids (GET /tasks/{id}), in parallel. out has n elements; id is NULL where awork answers 404. */
int tasks_by_id(struct http *h, const char *const *ids, size_t n, struct pool *pool, struct tasks_item *out, struct err *e);

#endif
