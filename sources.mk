# The sources, floor by floor, and the unit tests.
BASE    := buf clock cp1252 csvfile date err file inifile jdoc jdoc_cut jlearn jout jscan jtape log near num pool sha sorter spool text worker
BILLING := booking brake cancellation complete compose conserve customer discount entry entrytext facts identifier invoice line money naming \
           number period rate reconcile rounding select tax terms
AWORK   := answer ask batch chain contact entryjson fetch filter http job known list master origin pacer page paged pump reread retry socks window wire
LEDGER  := audit balance chain check claim claim_days claim_list copy correction db input intact lock manifest move names place plan query query_entries ranks reader schema scratch snap snap_row store store_run sums trace
OUTPUT  := csvfields csvout csvprofile csvprofilecheck csvprofileout csvtable datev datevfields history invoicebreaks \
           invoiceclosing invoiceedge invoicehead invoicelines invoicepage invoiceparts invoicetotals invoicexlsx outfolder \
           reconcileout reconcilexlsx report safename stage summarydata summaryoverview summarysheets summaryxlsx taker template \
           templatecheck templatekeys templatelogo templateread textfit timesheet unxlsx xlsx xlsxchart xlsxpackage xlsxpage xlsxrow xlsxscan xlsxstyle \
           xlsxtext xmlout xrechnung xrechnungparts
CLI     := advance ahead app bill billable brakes books booksfile booksprofile close cmd_check cmd_customers cmd_explain cmd_init cmd_list \
           cmd_reconcile cmd_render cmd_run cmd_show cmd_status cmd_verify cmd_void collect compare compareahead compareparts compareread \
           comparewrite config configkeys corrections customers documents expected fees filecheck highwater idle inputs mark maxage options page \
           portion preflight progress prove publish rates reading recheck reconcileprint register render run settle setup source step \
           summary termsfile unmark verdict

# What tells about commands and settings: questions, --help, completions, man pages.
CLI     += answers cmd_completion completion help manpage optiontext prompt

# Corrections in bulk, work in progress.
BILLING += applyplan applyrow unbilled worth
AWORK   += change simplified tasks
OUTPUT  += unbilledout unbilledxlsx

# The page for people who approve.
OUTPUT  += htmlassets htmlchart htmlout htmlpage htmlwords reconcilepage runpage runpagecustomers runpageentries runpageparts summarylines summaryweeks
LEDGER  += apply hold

# What was read, kept and read again.
AWORK   += dump redact replay

# What another setting would change.
BILLING += whatif
OUTPUT  += whatifout
CLI     += whatif whatifprint

# Figures for a metrics collector.
CLI     += dumping metrics

# What marking, unmarking and corrections in bulk share.
CLI     += attempt batchsize exception
CLI     += applycheck applycreate applyfinish applyprint applyread applyresolve applysend applyundo cmd_apply cmd_unbilled

SRCS := $(BASE:%=src/base/%.c) $(BILLING:%=src/billing/%.c) $(AWORK:%=src/awork/%.c) $(LEDGER:%=src/ledger/%.c) \
        $(OUTPUT:%=src/output/%.c) $(CLI:%=src/cli/%.c)
UNITS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
