/* run --compare: the settings that can be compared. */
#ifndef CLI_WHATIF_H
#define CLI_WHATIF_H

/* Those that change prices or lines and nothing else, by their names in psabill.conf; each is unique. */
#define WHATIF_KEYS "round_mode, round_minutes, round_scope, quantity, group_by, invoice_per, currency, tax_category, tax_rate, late, external, retainer, " \
	"exclude_projects, rates, customers, terms"

#endif
