#!/usr/bin/python3
"""The fault list of the settlement protocol (F1 to F112): the test of each, and the exit status that it must end with. faults.py checks that every named test exists, prints what is
missing, and --list the table; --codes FILE holds the statuses against those that the tests saw, as they wrote them into PSABILL_TEST_CODES=FILE.
Names: a test of tests/e2e without "test_" (module.test), a program of tests/unit ("unit:name"), a sweep ("sweep:name"), a test of the sandbox's faults."""

import importlib
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
E2E = os.path.join(os.path.dirname(HERE), "e2e")

# number: (what, tests); no test: the reason stands instead of the list
FAULTS = {
    1: ("DNS failure", ["sweep:odd.unreachable"]), 2: ("refused", ["read_faults.nobody_listens"]),
    3: ("connect blackhole", ["sweep:odd.unreachable"]), 4: ("accepts, never answers", ["sweep:odd.unreachable"]), 5: ("a byte per 20 s", ["read_faults.drip"]),
    6: ("reset in headers", ["sweep:gone.run, once", "read_faults.connection_closed"]), 7: ("reset in body", ["read_faults.connection_closed", "sweep:gone.run, once"]),
    8: ("body shorter than its length", ["read_faults.cut_with_length"]), 9: ("close-delimited body cut inside JSON", ["read_faults.cut_close_delimited"]),
    10: ("cut at a valid prefix", ["read_faults.cut_close_delimited"]), 11: ("chunked body cut", ["read_faults.cut_chunked"]),
    12: ("lost after POST, applied", ["mark_faults.lost_answer_applied", "sweep:gone.run, once"]), 13: ("lost, not applied", ["mark_faults.lost_answer_not_applied", "sweep:gone.run, once"]),
    14: ("POST applied after our read", ["mark_faults.lists_lag_behind_writes"]), 15: ("gone for good at D11", ["mark_faults.awork_is_gone_while_marking", "sweep:gone.run, for ever"]),
    16: ("gone for good at D12", ["mark_faults.awork_is_gone_while_verifying", "sweep:gone.run, for ever"]), 17: ("bad certificates", ["tls.certificates"]), 18: ("TLS 1.1 only", ["tls.old_tls"]),
    19: ("captive portal", ["read_faults.html_with_200", "sweep:gone.run, for ever"]), 20: ("redirects", ["read_faults.redirects_are_not_followed", "mark_faults.404_and_redirect"]),
    21: ("IPv6 dead, IPv4 fine", ["tls.ipv6_is_dead"]), 22: ("429 with RateLimit-Reset", ["read_faults.429_with_rate_limit_reset"]),
    23: ("429 with Retry-After", ["read_faults.429_with_retry_after", "unit:awork_retry"]), 24: ("Retry-After nonsense", ["read_faults.429_with_nonsense", "unit:awork_retry"]),
    25: ("429 for ever", ["read_faults.429_for_ever", "mark_faults.429_for_ever_while_marking"]), 26: ("500 once", ["read_faults.500_once", "sweep:gone.run, once"]),
    27: ("503 for ever", ["read_faults.500_for_ever", "sweep:gone.run, for ever"]), 28: ("401 on the first call", ["read_faults.401_and_403_at_the_start", "sweep:gone.run, for ever"]),
    29: ("401 inside MARKING", ["mark_faults.401_and_403_in_the_middle", "sweep:gone.void, for ever"]), 30: ("403", ["mark_faults.401_and_403_in_the_middle"]),
    31: ("400 invalid-filter-or-order", ["read_faults.awork_errors_are_quoted"]), 32: ("404 on the list", ["read_faults.awork_errors_are_quoted"]),
    33: ("200 with an error object", ["read_faults.error_object_with_200"]), 34: ("200 empty, 204", ["read_faults.204_and_empty_body_once"]),
    35: ("aw-totalitems missing or wrong", ["read_faults.missing_and_bad_headers"]), 36: ("header names in other case, HTTP/2", ["sweep:odd.headers"]), 37: ("1 MB of headers", ["read_faults.header_flood"]),
    38: ("gzip bomb", ["read_faults.gzip_bomb"]), 39: ("endless body", ["read_faults.endless_body"]), 40: ("wrong Content-Type", ["sweep:odd.headers"]),
    41: ("another workspace", ["read_faults.another_workspace"]), 42: ("inserted while fetching", ["edits.inserted_and_deleted_while_fetching"]),
    43: ("deleted while fetching", ["edits.inserted_and_deleted_while_fetching"]), 44: ("moved to an earlier window", ["edits.moved_between_windows"]), 45: ("moved to a later window", ["edits.moved_between_windows"]),
    46: ("short page", ["read_faults.short_page", "read_faults.short_page_accepted"]), 47: ("total changes", ["read_faults.total_changes"]), 48: ("filterby ignored", ["read_faults.filter_ignored"]),
    49: ("page ignored", ["read_faults.page_ignored"]), 50: ("pageSize clamped", ["read_faults.smaller_pages_than_asked"]), 51: ("an id twice in a page", ["read_faults.duplicate_row"]),
    52: ("a day above pageSize", ["read_faults.smaller_pages_than_asked", "read_faults.equal_sort_keys_in_random_order", "month.small_pages"]), 53: ("0 entries", ["month.empty_month"]),
    54: ("key twice", ["read_faults.broken_json_in_a_row", "unit:base_json"]), 55: ("NaN, 1e999, 01, comments", ["read_faults.broken_json_in_a_row", "unit:base_json"]),
    56: ("depth", ["limits.deep_json"]), 57: ("durations that are none", ["read_faults.broken_json_in_a_row"]), 58: ("-1, 0, null, absent", ["held.no_duration"]),
    59: ("resourceVersion beyond 2^53", ["read_faults.odd_but_good_json"]), 60: ("invalid UTF-8, id no UUID", ["read_faults.broken_json_in_a_row", "unit:awork_entryjson"]),
    61: ("lone surrogates, upper-case id", ["read_faults.odd_but_good_json"]), 62: ("unknown members", ["read_faults.odd_but_good_json"]), 63: ("note of 10 MB", ["limits.long_notes"]),
    64: ("startDateLocal missing or against Utc", ["held.date_unclear", "held.undated_entries_are_seen"]), 65: ("no company, two of one name", ["held.no_company", "history.same_names_are_kept_apart_by_id"]),
    66: ("isExternal", ["held.external"]), 67: ("sum overflows", ["unit:billing_compose"]), 68: ("all unauthorized", ["mark_faults.unauthorized"]),
    69: ("four buckets mixed", ["mark_faults.four_buckets_mixed"]), 70: ("id in no bucket", ["mark_faults.in_no_bucket"]), 71: ("id in two buckets", ["mark_faults.in_two_buckets"]),
    72: ("unknown id in ok", ["mark_faults.foreign_ids_in_ok"]), 73: ("buckets null, absent, ids a string", ["mark_faults.null_and_missing_buckets"]), 74: ("lying server", ["mark_faults.lying_server", "mark_faults.lied_once"]),
    75: ("204", ["mark_faults.other_successes"]), 76: ("400 for one bad id", ["mark_faults.400_bisects"]), 77: ("413", ["mark_faults.413_halves", "mark_faults.413_by_code"]),
    78: ("index lag", ["mark_faults.lists_lag_behind_writes"]), 79: ("ENOSPC while staging", ["sweep:space.output folder", "sweep:calls.run"]),
    80: ("ENOSPC in a commit", ["sweep:space.ledger's folder", "sweep:calls.run"]), 81: ("EDQUOT, EIO on fsync of a document", ["sweep:calls.run"]), 82: ("EFBIG", ["output.file_size_limit", "sweep:space.size of files"]),
    83: ("EIO on the ledger's fsync", ["sweep:calls.run", "sweep:calls.void"]), 84: ("EIO on fsync of the folder", ["sweep:calls.run", "sweep:calls.recovery"]),
    85: ("short write, EINTR", ["sweep:calls.run", "unit:base_file"]), 86: ("out missing, read-only", ["output.out_is_missing", "output.out_is_read_only"]), 87: ("run folder exists: a run that the ledger lost", ["output.run_folder_exists"]),
    88: ("stage and out on two devices", ["sweep:odd.two devices"]), 89: ("symlinks", ["unit:output_stage", "output.period_folder_in_the_way"]),
    90: ("published file altered", ["crash.published_file_altered_while_the_run_is_open", "limits.a_file_changed_after_the_run_is_closed"]), 91: ("EMFILE, ENFILE", ["sweep:calls.run", "output.few_descriptors"]),
    92: ("malloc fails at k", ["sweep:oom.run", "sweep:oom.void"]), 93: ("ledger cut or bit flipped", ["config.damaged_ledger"]), 94: ("ledger older than the output", ["history.restored_ledger", "config.old_ledger_beside_new_output"]),
    95: ("ledger deleted", ["history.lost_ledger"]), 96: ("hot journal", ["sweep:calls.run", "sweep:power.run"]), 97: ("user_version newer", ["limits.ledger_of_a_newer_version"]),
    98: ("ledger on NFS", ["sweep:odd.network file system"]), 99: ("SIGKILL at each step", ["sweep:steps.run, SIGKILL", "sweep:steps.void, SIGKILL"]),
    100: ("SIGTERM, SIGINT", ["crash.sigterm_while_fetching", "crash.sigterm_while_marking", "limits.sigterm_while_verifying"]), 101: ("stdout closed or full", ["output.output_to_a_full_device", "output.closed_pipe", "settlement.closed_standard_output"]),
    102: ("suspended between D7 and D8", ["sweep:odd.an hour passes"]), 103: ("second instance at any step", ["sweep:beside.a second process beside a run", "sweep:beside.a second process beside a void"]),
    104: ("forking parent killed", ["sweep:beside.the parent is killed"]), 105: ("SIGKILL during recovery", ["sweep:steps.run pairs, SIGKILL"]), 106: ("clock one year off", ["crash.clock_goes_back", "sweep:odd.an hour passes"]),
    107: ("midnight, DST, TZ bogus", ["select.time_zone_at_the_months_edge", "history.entries_over_midnight_and_the_end_of_summer_time", "config.hostile_environment_is_not_used"]),
    108: ("edited before", ["edits.edited_before_the_recheck", "sweep:steps.run pairs, edited"]), 109: ("edited after", ["edits.drift_before_marking", "sweep:steps.run pairs, edited"]),
    110: ("billed by hand between D7 and D11", ["edits.foreign", "sweep:beside.two ledgers, two API users"]), 111: ("un-billed after VERIFIED", ["edits.reopened"]),
    112: ("hostile company names", ["output.hostile_names", "output.hostile_name_in_a_workbook"]),
}


# Exit statuses: all of these were seen by the fault's tests. Signals are negative. A fault that only units can make has none.
EXITS = {code: numbers for code, numbers in (
    ((69,), (1, 2, 3, 4, 17, 18, 27, 25)), ((0,), (6, 7, 8, 9, 10, 11, 12, 13, 14, 21, 22, 23, 26, 36, 40, 42, 43, 44, 45, 47, 50, 51, 52, 53, 59, 61, 62, 70, 71, 73, 75, 77, 78,
                                                             85, 96, 102, 104, 106, 107, 108, 112, 58, 64, 65, 66)),
    ((75,), (15, 16, 103)), ((76,), (19, 20, 31, 32, 33, 35, 37, 38, 39, 46, 48, 49, 72)), ((77,), (28, 29, 30)), ((78,), (41, 88, 97, 98)),
    ((65,), (54, 55, 56, 57, 60, 87, 90, 93, 94, 95)), ((3,), (68, 69, 74, 76, 109, 110, 111)), ((74,), (79, 80, 81, 82, 83, 84, 101)), ((73,), (86, 89)), ((71,), (91, 92)),
    ((-9,), (99, 105)), ((-15,), (100,)))}
WANTED = {n: code for code, numbers in EXITS.items() for n in numbers}
NONE = {5: "slow is read; what stands still is 4", 24: "waits as 22 and 23 do, then as 25", 34: "read again, and 0 or 76 by what comes then", 63: "read, cut off or refused by its length", 67: "a unit alone"}


def exists(name):
    if name.startswith("unit:"):
        return os.path.exists(os.path.join(os.path.dirname(HERE), "unit", f"test_{name[5:]}.c"))
    if name.startswith("sweep:"):
        module, title = name[6:].split(".", 1)
        return title in importlib.import_module(module).SWEEPS
    module, title = name.split(".", 1)
    return hasattr(importlib.import_module("test_" + module), "test_" + title)


def seen_codes(path):
    seen = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            name, _, codes = line.rstrip("\n").partition("\t")
            name = name[5:].replace(".test_", ".", 1) if name.startswith("test_") else "sweep:" + name
            seen.setdefault(name, set()).update(int(c) for c in codes.split())
    return seen


def compare_codes(path):
    """What is wrong with the statuses."""
    seen, wrong, held = seen_codes(path), [], 0
    for n, (what, tests) in sorted(FAULTS.items()):
        found = set().union(*(seen.get(name, set()) for name in tests))
        if n in NONE or not any(name in seen for name in tests):
            continue
        if not set(WANTED[n]) <= found:
            wrong.append(f"F{n} {what}: exit {', '.join(map(str, WANTED[n]))} wanted, {sorted(found)} seen by {', '.join(tests)}")
        held += 1
    print(f"faults: exit statuses of {held} held against the tests that ran, {len(wrong)} differ")
    return wrong


def main():
    sys.path[:0] = [HERE, E2E]
    wrong = [f"F{n}: there is no {name}" for n, (_, tests) in FAULTS.items() if isinstance(tests, list) for name in tests if not exists(name)]
    wrong += [f"F{n} is not in the table" for n in range(1, 113) if n not in FAULTS]
    wrong += [f"F{n} has no exit status" for n in FAULTS if (n in WANTED) == (n in NONE)]
    if "--codes" in sys.argv:
        wrong += compare_codes(sys.argv[sys.argv.index("--codes") + 1])
    open_ones = [(n, what, why) for n, (what, why) in FAULTS.items() if isinstance(why, str)]
    if "--list" in sys.argv:
        for n, (what, tests) in sorted(FAULTS.items()):
            print(f"F{n:<4}{' '.join(map(str, WANTED.get(n, ('-',)))):<5}{what:<46}{', '.join(tests) if isinstance(tests, list) else '- ' + tests}")
    for n, what, why in open_ones:
        print(f"no test: F{n} {what}: {why}")
    for text in wrong:
        print(text)
    print(f"faults: {len(FAULTS) - len(open_ones)} of 112 have a test, {len(wrong)} entries are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
