#include "cli/optiontext.h"

#include <string.h>

#include "cli/whatif.h"

static const struct optiontext texts[] = {
	{ "init",
	  "Writes psabill.conf, rates.csv, customers.csv and the folder out into DIR (default: the current folder). A file that is there already stays as it is.\n"
	  "On a terminal it asks for awork's address, the API key, who bills, the time zone and a price, and checks each answer at once. Ctrl-C stops, and nothing is written. "
	  "When there is an API key, it is tried (exit status 3 when awork does not take it; the files are written all the same).",
	  { { "psabill init", "start here" },
	    { "psabill init --yes ~/billing", "no questions; the folder is made when missing" },
	    { "psabill init --yes --set seller.name=Studio --rate 95", "for scripts" } } },
	{ "check",
	  "Reads every file, asks awork who the token belongs to, walks the ledger's chain, and prints every setting with its origin: default, file and line, or "
	  "environment. What customers lack for an invoice is named with its column. Nothing is changed.",
	  { { "psabill check", "is everything ready?" },
	    { "psabill -q check && echo ready", "the same for scripts: problems and the exit status only" } } },
	{ "customers",
	  "Adds a row to customers.csv for each company that is missing there, and fills empty cells from awork's addresses. A cell that somebody typed is never changed.",
	  { { "psabill customers", "look the file over afterwards" } } },
	{ "run",
	  "Finishes what an earlier run left open, reads the billable entries that are not yet billed, prices them, writes the documents, reads the entries again, issues "
	  "the documents, marks exactly these entries billed in awork, and reads every one of them back.\n"
	  "Stopped at any time, the next run either starts afresh (nothing was issued) or finishes the work (documents were issued). Running it again bills nothing twice. "
	  "Entries that cannot be billed now are listed in held.csv with a reason.\n"
	  "A dump (--save-dump) holds what awork answered: one JSON answer a line, gzip, never the API key. With --redact every text becomes a pseudonym, the same text "
	  "always the same one, and ids become other ids; dates, times, numbers, types, and what is missing or repeated stay. To bill a redacted dump, customers.csv and "
	  "rates.csv need its ids. The same options, settings, ledger and date make the same draft from a dump.\n"
	  "A comparison (--compare) prices the entries that were read a second time, as a dry run with this setting in psabill.conf would: invoices, lines, hours, net, VAT and "
	  "what is held. Columns of customers.csv still go before settings. Several of them are one alternative. Settings that change prices or lines: " WHATIF_KEYS
	  ". A file is looked for in the current folder. The table is printed, and stands in run.json and compare.csv with all customers; the draft itself is as without it.",
	  { { "psabill run --dry-run", "a preview of last month in out/draft/; changes nothing" },
	    { "psabill run", "bill last month" },
	    { "psabill run --period 2026-10 --company \"Acme GmbH\"", "one month of one customer" },
	    { "psabill run --dry-run --compare round_mode=up --compare round_minutes=30", "what would half hours change?" },
	    { "psabill run --dry-run --save-dump bug.dump --redact", "for a bug report" },
	    { "psabill -q run --strict", "for timers: silent on success, exit 3 when anything was held" } } },
	{ "reconcile",
	  "Compares entry by entry and in money what the ledger says, what awork says, and what the issued files say; with --books the accounting system's list of documents as a "
	  "fourth. Differences are printed and written to files with what to do about each. Exit status 3 when there are any.",
	  { { "psabill reconcile --period 2026-10", "is October in order?" },
	    { "psabill reconcile --books open-items.csv --books-profile datev", "compare with the accounting system" },
	    { "psabill reconcile --remark", "mark again what awork refused to mark" } } },
	{ "void",
	  "Issues a cancellation document with a number of its own, then sets the invoice's entries unbilled in awork; the next run bills them again. The invoice itself stays as it "
	  "is. Unbilling needs an administrator's API key in awork.",
	  { { "psabill void RE-2026-00042 --reason \"wrong address\"", "cancel; the reason is printed on the cancellation" } } },
	{ "unbilled",
	  "Reads all billable time that is not billed yet, up to a day, and prices it as the next run would: hours, value, age in days (0-30, 31-60, 61-90, older), and what of it the run "
	  "would hold. Hours without a rate stand apart. Before discounts; without fixed fees. Changes nothing; writes unbilled.csv, unbilled.xlsx and unbilled.json.",
	  { { "psabill unbilled", "work in progress per customer, today" },
	    { "psabill unbilled --as-of 2026-10-31 --by company,project", "accrual at the end of a month" } } },
	{ "apply",
	  "Reads a copy of held.csv, entries.csv or reconcile.csv with a column action that somebody filled in, shows what would change in hours and money, asks, and changes it in awork. "
	  "Actions: set-project NAME, set-task NAME, set-user NAME, set-type-of-work NAME (an id instead of the name is fine), set-billable, set-unbillable, set-billed, set-unbilled, "
	  "remove-breaks, delete, create, hold TEXT, release. A value may also stand in a column value. create needs an empty entry_id and the columns date, user, project or task, "
	  "type_of_work, and seconds or duration (1:30); note, start and billable are optional. hold and release concern psabill alone: an entry on hold is not billed.\n"
	  "One row that cannot be meant refuses the whole file. Entries on an invoice need void first. Stopped at any time, the same command, any other apply or the next run finishes it. "
	  "Applied again, a file finds everything as it is wanted and changes nothing.",
	  { { "psabill apply held.csv --dry-run", "show what would change" },
	    { "psabill apply held.csv", "the same, and ask" },
	    { "psabill -q apply held.csv --yes", "for machines" },
	    { "psabill apply --undo A0007", "take it back; a deleted entry stays deleted" } } },
	{ "render",
	  "Writes the files of an issued document once more, from the ledger alone, and compares them with the checksums taken when it was issued.",
	  { { "psabill render RE-2026-00042 --output /tmp", "get back a file that was lost" } } },
	{ "verify",
	  "Needs no awork and changes nothing. Walks the hash chain, checks the ledger's laws and sums, and compares every issued file with its checksum. What is damaged is named.",
	  { { "psabill verify", "is what was issued still what was issued?" },
	    { "psabill verify --json", "the same for machines" } } },
	{ "explain",
	  "Shows how an amount came about: rate row, rounding, quantity, discount, VAT; or what became of a time entry.",
	  { { "psabill explain RE-2026-00042:3", "line 3 of an invoice, entry by entry" },
	    { "psabill explain 6b1f3c1e-8f5b-4c0e-9d0e-3a2d5c1b7f10", "one time entry's way to money" } } },
	{ "status",
	  "Reads the ledger only; needs no awork. Says which run was closed last and when, which run or apply is unfinished, how many entries are exceptions, on hold, or wait as a correction, "
	  "and the command that comes next. Exit status 3 when something is unfinished, or the last run is older than --max-age; 65 when the ledger is older than the documents; 75 while "
	  "another psabill works.",
	  { { "psabill status", "where do things stand?" },
	    { "psabill -q status --max-age 35d", "for monitoring: was there a run at all?" },
	    { "psabill status --json", "the same for machines" } } },
	{ "list", "Reads the ledger only.",
	  { { "psabill list", "all runs and invoices" },
	    { "psabill list --numbers", "every number of every series: issued, cancelled, cancellation" } } },
	{ "show", "Reads the ledger only.",
	  { { "psabill show R0007", "a run: state, sums, exceptions, files" },
	    { "psabill show RE-2026-00042", "an invoice: lines and entries" } } },
	{ "completion",
	  "The completions know every command and option. Packages put them where shells look for them; with a psabill of your own, load them from your shell's start file.",
	  { { "source <(psabill completion bash)", "in ~/.bashrc" },
	    { "source <(psabill completion zsh)", "in ~/.zshrc, after compinit" },
	    { "psabill completion fish | source", "in ~/.config/fish/config.fish" } } },
};

const struct optiontext *optiontext_of(const char *command)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(texts[i].command, command) == 0)
			return &texts[i];
	return NULL;
}

const struct optiontext_exit optiontext_exits[] = {
	{ 0, "closed and verified, or nothing to bill", "" },
	{ 3, "done, but something needs a person: refused, changed or disputed entries, differences", "read the summary or run.json; no retry" },
	{ 64, "bad option or operand", "see --help" },
	{ 65, "awork's data, the ledger or issued files contradict each other", "a person; nothing was changed since" },
	{ 66, "an input file is missing", "psabill init writes one to start from" },
	{ 69, "awork not reachable, nothing issued", "try again any time" },
	{ 70, "an invariant broke: a bug", "report it" },
	{ 71, "memory, descriptors", "try again" },
	{ 73, "the output folder cannot be written", "see [output] dir" },
	{ 74, "disk", "make room, then run again" },
	{ 75, "ledger in use, source unstable, or stopped after documents were issued", "run again: it finishes" },
	{ 76, "awork answered against its contract", "a person; run again finishes" },
	{ 77, "not permitted (401, 403)", "give the API key more rights or make a new one, then run again" },
	{ 78, "configuration, token file", "mend what the message names" },
};
const size_t optiontext_nexits = sizeof optiontext_exits / sizeof *optiontext_exits;

const struct optiontext_variable optiontext_variables[] = {
	{ "PSABILL_AWORK_TOKEN", "the API key; goes before the credential and before [awork] token_file" },
	{ "CREDENTIALS_DIRECTORY", "set by systemd: the file token in this folder holds the API key; goes before [awork] token_file" },
	{ "PSABILL_SECTION_KEY", "any setting of psabill.conf, in capitals; goes before the file" },
	{ "SOURCE_DATE_EPOCH", "the clock for everything that documents show, in seconds since 1970" },
	{ "NO_COLOR", "when not empty: the progress line has no bold words" },
	{ "JOURNAL_STREAM", "set by systemd: log lines carry their priority" },
};
const size_t optiontext_nvariables = sizeof optiontext_variables / sizeof *optiontext_variables;
