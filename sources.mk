# The sources, floor by floor, and the unit tests.
BASE    := buf clock cp1252 csvfile date err file inifile jdoc jdoc_cut jout log num pool sha text
BILLING := booking complete compose conserve customer entry facts identifier invoice money number period rate rounding \
           select tax
AWORK   := answer ask batch contact entryjson fetch filter http job list master origin page reread retry window wire
LEDGER  := chain claim db lock place plan query schema scratch snap store store_run
OUTPUT  := csvfields csvout csvprofile csvprofilecheck csvprofileout csvtable datev datevfields history invoicebreaks \
           invoiceclosing invoiceedge invoicehead invoicelines invoicepage invoiceparts invoicetotals invoicexlsx report \
           safename stage summarydata summaryoverview summarysheets summaryxlsx template templatecheck templatekeys \
           templatelogo templateread textfit timesheet unxlsx xlsx xlsxchart xlsxpage xlsxstyle xlsxtext xmlout xrechnung \
           xrechnungparts
CLI     := advance app bill close cmd_check cmd_customers cmd_init cmd_list cmd_run cmd_show collect config customers idle \
           mark options preflight progress prove publish rates recheck render run settle source step summary templates \
           verdict

SRCS := $(BASE:%=src/base/%.c) $(BILLING:%=src/billing/%.c) $(AWORK:%=src/awork/%.c) $(LEDGER:%=src/ledger/%.c) \
        $(OUTPUT:%=src/output/%.c) $(CLI:%=src/cli/%.c)
UNITS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
