/* The commands: each reads its options, does its job, returns the exit status. *e says why when it is neither 0 nor 3. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/app.h"

enum err_code cmd_init(struct app *a, struct err *e);
enum err_code cmd_check(struct app *a, struct err *e);
enum err_code cmd_customers(struct app *a, struct err *e);
enum err_code cmd_run(struct app *a, struct err *e);
enum err_code cmd_apply(struct app *a, struct err *e);
enum err_code cmd_unbilled(struct app *a, struct err *e);
enum err_code cmd_void(struct app *a, struct err *e);
enum err_code cmd_render(struct app *a, struct err *e);
enum err_code cmd_list(struct app *a, struct err *e);
enum err_code cmd_reconcile(struct app *a, struct err *e);
enum err_code cmd_verify(struct app *a, struct err *e);
enum err_code cmd_explain(struct app *a, struct err *e);
enum err_code cmd_status(struct app *a, struct err *e);
enum err_code cmd_show(struct app *a, struct err *e);
enum err_code cmd_completion(struct app *a, struct err *e);

#endif
