/* Master data of awork: who calls, companies with contact infos, projects, users, types of work. */
#ifndef AWORK_MASTER_H
#define AWORK_MASTER_H

#include "awork/http.h"
#include "awork/list.h"
#include "base/pool.h"

struct master_me { const char *user_id, *workspace_id, *workspace_name; };
int master_me(struct http *h, struct pool *pool, struct master_me *out, struct err *e);
/* Only asks: http_run() fills *out. */
int master_me_ask(struct http *h, struct pool *pool, struct master_me *out, struct err *e);

/* A named thing: company, project, user (name "First Last", trimmed) or type of work. */
struct master_item {
	const char *id, *name;
	const char *company_id, *company_name; /* projects */
	int retainer;             /* projects: isRetainer */
	int external;
};
struct master_list { struct master_item *v; size_t n; }; /* sorted by id; memory belongs to the pool */

enum master_kind { MASTER_COMPANIES, MASTER_PROJECTS, MASTER_USERS, MASTER_WORKS };
/* The whole list (archived ones too), with the completeness checks of pages. */
int master_list(struct http *h, enum master_kind kind, struct pool *pool, struct master_list *out, struct err *e);
/* The same in two steps, as list_ask() and list_take(). */
struct list *master_ask(struct http *h, enum master_kind kind, struct err *e);
int master_take(struct list *l, enum master_kind kind, struct pool *pool, struct master_list *out, struct err *e);

/* What awork knows about a company's address; NULL where nothing, `problem` says what is ambiguous or missing. */
struct master_contact {
	const char *street, *street2, *zip, *city, *country, *email, *vat_id, *customer_number;
	const char *problem;
};
/* Contact infos of all companies, in parallel: address by subType invoice, else central; e-mail likewise; VAT id and customer number from custom
 * ones by label. More than one match is a problem, nothing is taken by chance. out has list->n elements. */
int master_contacts(struct http *h, const struct master_list *companies, struct pool *pool, struct master_contact *out, struct err *e);

/* The id for "NAME|ID": exact id or exact name (trimmed). ERR_USAGE when unknown or ambiguous (lists the candidates' ids, at most 5). */
int master_resolve(const struct master_list *l, const char *what, const char *name_or_id, const char **id, struct err *e);

#endif
