#!/bin/bash
# The month billed with curl, jq and miller: one CSV per customer.
set -euo pipefail
cd "$OUT"
work=$(mktemp -d -p "$OUT")
before="startDateLocal%20lt%20datetime'2026-11-01T00:00:00'"
auth=(-H "Authorization: Bearer $AWORK_TOKEN")

# pages PATH FILTER FOLDER: all pages of a list, eight at a time
pages() {
	local list="$AWORK_URL$1?pageSize=1000&orderby=createdOn,id&filterby=$2" total
	total=$(curl -q -sSf "${auth[@]}" -o /dev/null -D - "$list&page=1" | tr -d '\r' | awk 'tolower($1) == "aw-totalitems:" { print $2 }')
	mkdir "$3"
	curl -q -sSf --compressed -Z --parallel-max 8 "${auth[@]}" -o "$3/#1.json" "$list&page=[1-$(((total + 999) / 1000 > 0 ? (total + 999) / 1000 : 1))]"
}

pages /timeentries "isBillable%20eq%20true%20and%20isBilled%20eq%20false%20and%20$before" "$work/open"
find "$work/open" -name '*.json' -print0 | xargs -0 -P "$(nproc)" -I {} sh -c 'jq -r "
	.[] | select(.project.company.name != null and .duration > 0 and (.isExternal | not))
	| [.id, .project.company.name, .project.name, .task.name, ((.user.firstName // \"\") + \" \" + (.user.lastName // \"\")), .typeOfWork.name,
	   .startDateLocal[0:10], .note, .duration] | @csv" "$1" > "$1.csv"' sh {}
(echo id,company,project,task,user,type,date,note,seconds; cat "$work"/open/*.csv) > "$work/all.csv"
mlr --csv --records-per-batch 5000 head -n 1 -g id then put '$hours = roundm($seconds / 3600, 0.01); $net = roundm($hours * 95, 0.01)' \
	then sort -f project,date then split -g company --prefix customer "$work/all.csv"

mlr --icsv --onidx --headerless-csv-output head -n 1 -g id then cut -f id "$work/all.csv" > "$work/ids"
split -l 1000 -d -a 5 "$work/ids" "$work/chunk."
for c in "$work"/chunk.?????; do
	jq -R -s -c '{timeEntryIds: (split("\n") | map(select(. != ""))), isBilled: true}' "$c" > "$c.body"
done
for c in "$work"/chunk.*.body; do
	printf 'next\nurl = "%s/timeentries/batch/setIsBilled"\nheader = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\ndata-binary = "@%s"\noutput = "%s.answer"\nsilent\nfail\n' \
		"$AWORK_URL" "$AWORK_TOKEN" "$c" "$c"
done | tail -n +2 | curl -q -Z --parallel-max 8 --no-progress-meter -K -
marked=$(cat "$work"/chunk.*.answer | jq '.ok.ids | length' | awk '{ n += $1 } END { print n + 0 }')

pages /timeentries/simplified "isBillable%20eq%20true%20and%20isBilled%20eq%20true%20and%20$before" "$work/done"
# Each into a file of its own: what two write into one pipe gets mixed up.
find "$work/done" -name '*.json' -print0 | xargs -0 -P "$(nproc)" -I {} sh -c 'jq -r ".[].id" "$1" > "$1.ids"' sh {}
cat "$work"/done/*.ids | sort > "$work/back"
missing=$(sort "$work/ids" | comm -23 - "$work/back" | wc -l)
n=$(wc -l < "$work/ids")
rm -rf "$work"
if [ "$marked" != "$n" ] || [ "$missing" != 0 ]; then
	echo "$marked of $n marked, $missing not billed" >&2
	exit 1
fi
echo billed "$n"
