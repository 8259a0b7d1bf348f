# psabill: the billing run for teams that track time in awork.
#
#   make deps     install what is missing (Debian)
#   make          build/release/psabill
#   make demo     install what is missing, build, bill the sample month against the sandbox
#   make check    the tests, five minutes on two cores; check-asan, einvoice, sweep and mutants go further
#   make help     all targets and variables

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

VERSION := 0.1.0
VARIANT ?= release
PREFIX  ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC := gcc
endif
B := build/$(VARIANT)
Q := $(if $(V),,@)

include sources.mk
include tests/sandbox/sources.mk

OBJS         := $(SRCS:%.c=$(B)/%.o)
SANDBOX_OBJS := $(SANDBOX_SRCS:%.c=$(B)/%.o)
UNIT_BINS    := $(UNITS:%=$(B)/tests/unit/%)

# Flags. Hardening is part of the release; each flag is known to gcc 12 and clang 14, but for the one that clang 14 refuses.
AUTO_INIT := $(if $(findstring clang,$(CC)),,-ftrivial-auto-var-init=zero)
PKGS     := libcurl jansson xlsxwriter sqlite3 inih zlib libcrypto minizip libxml-2.0
WARN     := -Wall -Wextra -Wformat=2 -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla \
            -Wimplicit-fallthrough -Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types -Werror=int-conversion
HARDEN   := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
            -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing $(AUTO_INIT)
CPPFLAGS_ALL := -Isrc $(shell pkg-config --cflags libxml-2.0 2>/dev/null) -D_GNU_SOURCE -DPSABILL_VERSION='"$(VERSION)"' -DPSABILL_DATADIR='"$(PREFIX)/share/psabill"' $(CPPFLAGS)
CFLAGS_ALL   := -std=c11 $(WARN) $(if $(WERROR),-Werror) -fPIE
LDFLAGS_ALL  := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
ifeq ($(VARIANT),release)
# Built in whichever folder, the program has the same bytes.
CFLAGS_ALL += -O2 -g -ffile-prefix-map=$(CURDIR)=. $(HARDEN)
LDFLAGS_ALL += -Wl,-z,nodlopen
else ifeq ($(VARIANT),debug)
CFLAGS_ALL += -Og -g3
CPPFLAGS_ALL += -DPSABILL_STEPS
else ifeq ($(VARIANT),asan)
CFLAGS_ALL += -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_ALL += -fsanitize=address,undefined
CPPFLAGS_ALL += -DPSABILL_STEPS
else ifeq ($(VARIANT),tsan)
CFLAGS_ALL += -O1 -g -fsanitize=thread -fno-omit-frame-pointer
LDFLAGS_ALL += -fsanitize=thread
CPPFLAGS_ALL += -DPSABILL_STEPS
else
$(error VARIANT is release, debug, asan or tsan)
endif
CFLAGS_ALL  += $(CFLAGS)
LDFLAGS_ALL += $(LDFLAGS)
# Said before the first compiler error about a header.
ifneq ($(filter-out deps demo clean help dist,$(or $(MAKECMDGOALS),all)),)
ifneq ($(shell pkg-config --exists $(PKGS) 2>/dev/null && echo there),there)
$(warning libraries are missing: call `make deps`)
endif
endif
LIBS         = $(shell pkg-config --libs $(PKGS)) -lcsv -lpthread

all: $(B)/psabill

$(B)/psabill: $(B)/src/main.o $(B)/libpsabill.a
	@echo "  LD  $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(B)/libpsabill.a: $(OBJS)
	@echo "  AR  $@"
	@rm -f $@
	$(Q)ar rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC  $@"
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# Man pages and completions are made from the tables in the program.
MAN         := $(patsubst man/%.in,$(B)/man/%,$(wildcard man/*.in))
COMPLETIONS := $(B)/completions/psabill $(B)/completions/_psabill $(B)/completions/psabill.fish

man: $(MAN)

$(B)/manpages: $(B)/src/manpages.o $(B)/libpsabill.a
	@echo "  LD  $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(B)/man/%: man/%.in $(B)/manpages
	@mkdir -p $(@D)
	$(Q)$(B)/manpages <$< >$@

completions: $(COMPLETIONS)

$(B)/completions/psabill: SHELL_NAME := bash
$(B)/completions/_psabill: SHELL_NAME := zsh
$(B)/completions/psabill.fish: SHELL_NAME := fish
$(COMPLETIONS): $(B)/psabill
	@mkdir -p $(@D)
	$(Q)$(B)/psabill completion $(SHELL_NAME) >$@

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libpsabill.a
	@echo "  LD  $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) -lcmocka

$(B)/sandbox: $(SANDBOX_OBJS)
	@echo "  LD  $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ -lmicrohttpd -ljansson -lz -lpthread

-include $(OBJS:.o=.d) $(SANDBOX_OBJS:.o=.d) $(UNIT_BINS:=.d) $(B)/src/main.d $(B)/src/manpages.d

# Debian packages: to build, and to test and run the demo.
PACKAGES := gcc make pkg-config libcurl4-openssl-dev libjansson-dev libcsv-dev libxlsxwriter-dev libsqlite3-dev libinih-dev zlib1g-dev \
            libssl-dev libminizip-dev libxml2-dev tzdata ca-certificates
TEST_PACKAGES := libmicrohttpd-dev libcmocka-dev python3 python3-openpyxl python3-prometheus-client curl util-linux binutils mandoc

# For make bench: what the peers are written with.
BENCH_PACKAGES := curl jq miller valgrind python3-requests python3-pandas python3-xlsxwriter

# For make pictures: Carlito has the widths of Calibri, which the workbooks ask for.
PICTURE_PACKAGES := libreoffice-calc poppler-utils fonts-crosextra-carlito fonts-inter

# For make page-check and the pictures.
PAGE_PACKAGES := chromium

deps:
	@tests/deps $(PACKAGES) $(TEST_PACKAGES)

sandbox: $(B)/sandbox

demo: deps
	@$(MAKE) all sandbox
	@tests/demo $(B)

unit-programs: $(UNIT_BINS)

# The pictures of README, from the sample workspace.
pictures: all sandbox
	@tests/deps $(PICTURE_PACKAGES) $(PAGE_PACKAGES)
	@tests/pictures $(B)

# report.html in headless Chromium: complaints, contrast, width, keyboard, without scripts. Pictures in build/.../pages, to be looked at.
page-check: all sandbox build/shims/forkserver.so
	@tests/deps $(PAGE_PACKAGES)
	@/usr/bin/python3 tests/page/check.py $(B)

units: $(UNIT_BINS)
	@tests/run-units $(UNIT_BINS)

# Texts by chance, read by the scanner and by jansson, under sanitizers: the two agree on all of them. ROUNDS: how many.
ROUNDS ?= 200000
fuzz:
	@$(MAKE) VARIANT=asan build/asan/tests/unit/test_base_jtape
	@PSABILL_TEST_ROUNDS=$(ROUNDS) build/asan/tests/unit/test_base_jtape

e2e: all $(if $(PSABILL_TEST_SANDBOX),,sandbox) build/shims/forkserver.so build/shims/nosleep.so
	@/usr/bin/python3 tests/e2e/run.py $(B) $(E2E)

# Random workspaces billed, every XRechnung against the official rules (PSABILL_TEST_EINVOICE names their checker) and an exact recomputation.
einvoice: all $(B)/sandbox
	@/usr/bin/python3 tests/einvoice/run.py $(B) $(EINVOICE)

# Faults at every step, call and allocation: tests/sweep/README.md. SWEEP="pattern --quick" narrows it.
SHIMS := $(patsubst %,build/shims/%.so,nosleep oom forkserver)

build/shims/%.so: tests/sweep/%.c
	@mkdir -p $(@D)
	@echo "  CC  $@"
	$(Q)$(CC) -std=c11 -O1 -g -Wall -Wextra $(if $(WERROR),-Werror) -shared -fPIC -o $@ $< -ldl

sweep: $(SHIMS)
	@$(MAKE) VARIANT=debug all $(if $(PSABILL_TEST_SANDBOX),,sandbox)
	@/usr/bin/python3 tests/model/settlement.py
	@/usr/bin/python3 tests/model/void.py
	@/usr/bin/python3 tests/sweep/faults.py
	@/usr/bin/python3 tests/sweep/mutants.py --check
	@/usr/bin/python3 tests/sweep/run.py build/debug $(SWEEP)

# The part of it that `make check` runs.
sweep-quick: $(SHIMS)
	@$(MAKE) VARIANT=debug all $(if $(PSABILL_TEST_SANDBOX),,sandbox)
	@/usr/bin/python3 tests/sweep/faults.py
	@/usr/bin/python3 tests/sweep/mutants.py --check
	@/usr/bin/python3 tests/sweep/run.py build/debug --check

mutants: $(SHIMS)
	@$(MAKE) VARIANT=debug all sandbox
	@/usr/bin/python3 tests/sweep/mutants.py $(MUTANTS)

# Speed against curl and against what a user would write instead: tests/bench/README.md. BENCH="100k --runs 5" narrows it.
$(B)/measure: tests/bench/measure.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra $(if $(WERROR),-Werror) -o $@ $<

bench: all sandbox $(B)/measure
	@/usr/bin/python3 tests/bench/run.py $(B) $(BENCH)

bench-check bench-baseline: all sandbox
	@/usr/bin/python3 tests/bench/check.py $(B) $(if $(filter bench-baseline,$@),--renew)

bench-deps:
	@tests/deps $(BENCH_PACKAGES)
	@cd tests/bench/peers/node && npm ci --no-audit --no-fund

floors: $(OBJS)
	@/usr/bin/python3 tests/check-floors $(B)

# Help, man pages, completions, examples and documents agree with what the program does.
docs: all man completions sandbox
	@tests/check-docs $(B)

check:
	@tests/check $(MAKE)

# The units of the release, and every end-to-end test under ASan and UBSan.
check-asan:
	@tests/check $(MAKE) asan

# The threads of the program under ThreadSanitizer: the units of src/awork, of the worker and of workbooks, and some end-to-end tests; E2E names others.
TSAN_UNITS := $(patsubst %,build/tsan/tests/unit/%,$(filter test_awork_% test_base_worker test_ledger_intact test_ledger_store test_output_xlsx,$(UNITS)))

check-tsan:
	@$(MAKE) VARIANT=tsan all sandbox $(TSAN_UNITS) build/shims/nosleep.so
	@TSAN_OPTIONS=suppressions=tests/tsan.supp tests/run-units $(TSAN_UNITS)
	@/usr/bin/python3 tests/e2e/run.py build/tsan $(or $(E2E),test_month)

include install.mk

clean:
	rm -rf build

help:
	@echo "targets:    all deps demo check check-asan check-tsan units fuzz e2e docs einvoice sweep mutants page-check bench bench-check bench-baseline bench-deps floors pictures sandbox man completions install uninstall dist deb check-install check-package clean"
	@echo "variables:  VARIANT=release|debug|asan|tsan  CC=gcc|clang  PREFIX=$(PREFIX)  DESTDIR=  WERROR=1  V=1  E2E=pattern  SWEEP=pattern  MUTANTS=pattern  BENCH=options"

.PHONY: all deps sandbox unit-programs demo units fuzz e2e docs man completions einvoice sweep sweep-quick mutants bench bench-check bench-baseline bench-deps floors page-check pictures check check-asan check-tsan clean help
.PRECIOUS: $(B)/%.o
