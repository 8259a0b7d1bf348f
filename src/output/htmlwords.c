#include "output/htmlwords.h"

#include <string.h>

#include "billing/select.h"

static const struct { const char *en, *de; } words[HTMLWORDS_KEYS] = {
	[HTMLWORDS_SKIP] = { "Skip to the figures", "Zu den Zahlen" },
	[HTMLWORDS_FILTER] = { "Filter", "Filtern" },
	[HTMLWORDS_SORT] = { "sort", "sortieren" },
	[HTMLWORDS_ROWS_SHOWN] = { "{n} of {m} rows", "{n} von {m} Zeilen" },
	[HTMLWORDS_MORE] = { "{n} of {m} are shown here. All of them: {file}", "{n} von {m} stehen hier. Alle: {file}" },
	/* The run. */
	[HTMLWORDS_TITLE] = { "Billing run", "Abrechnungslauf" },
	[HTMLWORDS_DRAFT] = { "Draft", "Entwurf" },
	[HTMLWORDS_ISSUED] = { "Issued", "Ausgestellt" },
	[HTMLWORDS_DRAFT_NOTE] = { "A preview: nothing is numbered, recorded or marked. psabill run bills it.",
		"Eine Vorschau: nichts ist nummeriert, gebucht oder markiert. psabill run rechnet ab." },
	[HTMLWORDS_ISSUED_NOTE] = { "These documents are issued. What awork confirmed afterwards stands in run.json.",
		"Diese Belege sind ausgestellt. Was awork danach bestätigt hat, steht in run.json." },
	[HTMLWORDS_PERIOD] = { "Period", "Zeitraum" },
	[HTMLWORDS_RUN] = { "Run", "Lauf" },
	[HTMLWORDS_INVOICE_DATE] = { "Invoice date", "Rechnungsdatum" },
	[HTMLWORDS_NUMBERS] = { "Numbers", "Nummern" },
	[HTMLWORDS_MADE] = { "As of", "Stand" },
	[HTMLWORDS_MADE_BY] = { "Made by", "Erstellt mit" },
	[HTMLWORDS_SUM] = { "Total", "Summe" },
	[HTMLWORDS_NOTHING_TO_BILL] = { "Nothing to bill.", "Nichts abzurechnen." },
	[HTMLWORDS_ENTRIES_BILLED] = { "Entries billed", "Einträge berechnet" },
	[HTMLWORDS_HOURS_HELD] = { "Hours held", "Stunden zurückgestellt" },
	[HTMLWORDS_TAXES] = { "VAT by category and rate", "USt. nach Kategorie und Satz" },
	[HTMLWORDS_TAX_CATEGORY] = { "Category", "Kategorie" },
	[HTMLWORDS_TAX_BASE] = { "Base", "Grundlage" },
	[HTMLWORDS_CONTENTS] = { "Contents", "Inhalt" },
	[HTMLWORDS_BESIDE] = { "Beside this page:", "Neben dieser Seite:" },
	[HTMLWORDS_FOOT] = { "One file, made from the ledger; it loads nothing and sends nothing.",
		"Eine Datei, aus dem Ledger erstellt; sie lädt nichts und sendet nichts." },
	/* What a person should look at. */
	[HTMLWORDS_LOOK] = { "To look at", "Zu prüfen" },
	[HTMLWORDS_LOOK_NOTHING] = { "Nothing stands out.", "Nichts fällt auf." },
	[HTMLWORDS_LOOK_STOPS] = { "Brakes that stop the run: {n}", "Bremsen, die den Lauf anhalten: {n}" },
	[HTMLWORDS_LOOK_BRAKES] = { "Told by the brakes: {n}", "Von den Bremsen gemeldet: {n}" },
	[HTMLWORDS_LOOK_HELD] = { "Entries held: {n}", "Zurückgestellte Einträge: {n}" },
	[HTMLWORDS_LOOK_LATE] = { "Late entries billed: {n}", "Berechnete Nachträge: {n}" },
	[HTMLWORDS_LOOK_SHORTFALL] = { "Entries that awork counts and does not show: {n}", "Einträge, die awork zählt und nicht zeigt: {n}" },
	[HTMLWORDS_LOOK_DISPUTED] = { "Billed entries that are unbilled in awork: {n}", "Berechnete Einträge, die in awork wieder offen sind: {n}" },
	[HTMLWORDS_LOOK_UNDATED] = { "Entries without a date: {n}", "Einträge ohne Datum: {n}" },
	[HTMLWORDS_LOOK_FEES] = { "Fixed fees that are due and held: {n}", "Fällige Festpreise, zurückgestellt: {n}" },
	[HTMLWORDS_LOOK_UNBOOKED] = { "Documents not in EUR, to be booked by hand: {n}", "Belege nicht in EUR, von Hand zu buchen: {n}" },
	/* Headings of sections and columns. */
	[HTMLWORDS_CUSTOMERS] = { "Customers", "Kunden" },
	[HTMLWORDS_CUSTOMER] = { "Customer", "Kunde" },
	[HTMLWORDS_INVOICES] = { "Invoices", "Rechnungen" },
	[HTMLWORDS_INVOICE] = { "Invoice", "Rechnung" },
	[HTMLWORDS_ENTRIES] = { "Entries", "Einträge" },
	[HTMLWORDS_TRACKED] = { "Hours tracked", "Stunden erfasst" },
	[HTMLWORDS_BILLED] = { "Hours billed", "Stunden berechnet" },
	[HTMLWORDS_NET] = { "Net", "Netto" },
	[HTMLWORDS_TAX] = { "VAT", "USt." },
	[HTMLWORDS_GROSS] = { "Gross", "Brutto" },
	[HTMLWORDS_CURRENCY] = { "Currency", "Währung" },
	[HTMLWORDS_TOTAL] = { "Total", "Summe" },
	[HTMLWORDS_PROJECTS] = { "Projects and rates", "Projekte und Sätze" },
	[HTMLWORDS_PROJECT] = { "Project", "Projekt" },
	[HTMLWORDS_RATE] = { "Rate per hour", "Satz je Stunde" },
	[HTMLWORDS_TAX_RATE] = { "VAT rate", "Steuersatz" },
	[HTMLWORDS_CORRECTION] = { "correction", "Korrektur" },
	[HTMLWORDS_FEE] = { "fixed fee", "Festpreis" },
	[HTMLWORDS_DISCOUNT] = { "discount", "Rabatt" },
	[HTMLWORDS_COMPARISON] = { "Compared with before", "Vergleich mit vorher" },
	[HTMLWORDS_COMPARED_WITH] = { "Net amounts that stand, compared with {period}; the greatest differences first.",
		"Gültige Nettobeträge im Vergleich mit {period}; die größten Unterschiede zuerst." },
	[HTMLWORDS_NO_COMPARISON] = { "The ledger knows no earlier period of this kind.", "Das Ledger kennt keinen früheren Zeitraum dieser Art." },
	[HTMLWORDS_BEFORE] = { "Before", "Vorher" },
	[HTMLWORDS_ALREADY] = { "Billed already", "Schon berechnet" },
	[HTMLWORDS_NOW] = { "This run", "Dieser Lauf" },
	[HTMLWORDS_DIFFERENCE] = { "Difference", "Differenz" },
	[HTMLWORDS_PERCENT] = { "Change", "Änderung" },
	[HTMLWORDS_NEW] = { "new", "neu" },
	[HTMLWORDS_ROUNDING] = { "Rounding", "Rundung" },
	[HTMLWORDS_ROUNDING_NOTE] = { "What rounding of time, of printed quantities and of amounts gave or took. Exact value: the tracked seconds at their rates.",
		"Was die Rundung von Zeit, gedruckten Mengen und Beträgen gab oder nahm. Genauer Wert: die erfassten Sekunden zu ihren Sätzen." },
	[HTMLWORDS_NO_ROUNDING] = { "Rounding changes nothing.", "Die Rundung ändert nichts." },
	[HTMLWORDS_DIFFERENCE_HOURS] = { "Difference (hours)", "Differenz (Stunden)" },
	[HTMLWORDS_EXACT] = { "Exact value", "Genauer Wert" },
	[HTMLWORDS_LINES] = { "Lines of time", "Zeitpositionen" },
	[HTMLWORDS_GAIN] = { "Gained or lost", "Gewinn oder Verlust" },
	[HTMLWORDS_PROOF] = { "Proof", "Nachweis" },
	[HTMLWORDS_PROOF_NOTE] = { "What came in went out, to the second and to the cent. A run whose sums differ is not issued.",
		"Was hineinkam, kam heraus, auf die Sekunde und auf den Cent. Ein Lauf, dessen Summen abweichen, wird nicht ausgestellt." },
	[HTMLWORDS_EQUATIONS] = { "Entries and seconds", "Einträge und Sekunden" },
	[HTMLWORDS_WHAT] = { "What", "Was" },
	[HTMLWORDS_SECONDS] = { "Seconds", "Sekunden" },
	[HTMLWORDS_READ] = { "Read", "Gelesen" },
	[HTMLWORDS_OF_BILLED] = { "Billed", "Berechnet" },
	[HTMLWORDS_OF_HELD] = { "Held", "Zurückgestellt" },
	[HTMLWORDS_CHECK] = { "Check", "Prüfung" },
	[HTMLWORDS_BALANCES] = { "✓ ok", "✓ ok" },
	[HTMLWORDS_PLUS_ROUNDING] = { "+ rounding", "+ Rundung" },
	[HTMLWORDS_IS_LINES] = { "= lines of time", "= Zeitpositionen" },
	[HTMLWORDS_PLUS_OTHERS] = { "+ fees, corrections", "+ Festpreise, Korrekturen" },
	[HTMLWORDS_MINUS_DISCOUNTS] = { "− discounts", "− Rabatte" },
	[HTMLWORDS_IS_NET] = { "= net", "= Netto" },
	[HTMLWORDS_PLUS_TAX] = { "+ VAT", "+ USt." },
	[HTMLWORDS_IS_GROSS] = { "= gross", "= Brutto" },
	/* Hours. */
	[HTMLWORDS_HOURS] = { "Hours", "Stunden" },
	[HTMLWORDS_CHART_SHARES] = { "Billed and held", "Berechnet und zurückgestellt" },
	[HTMLWORDS_CHART_SHARES_DESC] = { "Two bars: hours of entries that are billed, and of those that are held, as tracked.",
		"Zwei Balken: Stunden der berechneten und der zurückgestellten Einträge, wie erfasst." },
	[HTMLWORDS_CHART_COMPANIES] = { "Hours billed by customer", "Berechnete Stunden je Kunde" },
	[HTMLWORDS_CHART_COMPANIES_DESC] = { "A bar for each of the largest customers; the table of customers has all figures.",
		"Ein Balken für jeden der größten Kunden; alle Zahlen stehen in der Tabelle der Kunden." },
	[HTMLWORDS_CHART_TOP] = { "The first {n}; the table of customers has all.", "Die ersten {n}; alle stehen in der Tabelle der Kunden." },
	[HTMLWORDS_CHART_WEEKS] = { "Hours tracked over time", "Erfasste Stunden im Verlauf" },
	[HTMLWORDS_CHART_WEEKS_DESC] = { "A column for each span, billed below and held above; the table below has the figures.",
		"Eine Säule je Abschnitt, berechnet unten, zurückgestellt oben; die Zahlen stehen in der Tabelle darunter." },
	[HTMLWORDS_WEEK] = { "Week", "KW" },
	[HTMLWORDS_MONTH] = { "Month", "Monat" },
	[HTMLWORDS_YEAR] = { "Year", "Jahr" },
	[HTMLWORDS_DAYS] = { "Days", "Tage" },
	[HTMLWORDS_EARLIER] = { "earlier", "früher" },
	[HTMLWORDS_UNDATED] = { "no date", "ohne Datum" },
	/* Entries and documents. */
	[HTMLWORDS_HELD] = { "Held entries", "Zurückgestellte Einträge" },
	[HTMLWORDS_HELD_NOTE] = { "Not billed now, never lost: mended, they are billed by the next run.",
		"Jetzt nicht berechnet, nie verloren: sobald der Grund behoben ist, berechnet sie der nächste Lauf." },
	[HTMLWORDS_HELD_LIST] = { "Held entries one by one", "Zurückgestellte im Einzelnen" },
	[HTMLWORDS_NO_HELD] = { "Nothing is held.", "Nichts ist zurückgestellt." },
	[HTMLWORDS_REASON] = { "Reason", "Grund" },
	[HTMLWORDS_WHAT_TO_DO] = { "What to do", "Was zu tun ist" },
	[HTMLWORDS_DATE] = { "Date", "Datum" },
	[HTMLWORDS_TASK] = { "Task", "Aufgabe" },
	[HTMLWORDS_USER] = { "Person", "Person" },
	[HTMLWORDS_NOTE] = { "Note", "Notiz" },
	[HTMLWORDS_LATE] = { "Late entries", "Nachträge" },
	[HTMLWORDS_LATE_NOTE] = { "From before the period, booked late, billed now.", "Aus der Zeit vor dem Zeitraum, spät gebucht, jetzt berechnet." },
	[HTMLWORDS_NO_LATE] = { "There are none.", "Es gibt keine." },
	[HTMLWORDS_BRAKES] = { "Brakes", "Bremsen" },
	[HTMLWORDS_BRAKES_NOTE] = { "What is far from usual. One that stops lets nothing be issued until a person releases it.",
		"Was weit vom Üblichen ist. Was anhält, lässt nichts ausstellen, bis eine Person es freigibt." },
	[HTMLWORDS_BRAKE] = { "Brake", "Bremse" },
	[HTMLWORDS_ACTION] = { "Action", "Wirkung" },
	[HTMLWORDS_FINDING] = { "Finding", "Befund" },
	[HTMLWORDS_NUMBER] = { "Number", "Nummer" },
	[HTMLWORDS_DUE] = { "Due", "Fällig" },
	[HTMLWORDS_FILES] = { "Files", "Dateien" },
	/* The reconciliation. */
	[HTMLWORDS_RECONCILIATION] = { "Reconciliation", "Abgleich" },
	[HTMLWORDS_AGREES] = { "All agrees", "Alles stimmt überein" },
	[HTMLWORDS_DIFFERS] = { "Differences", "Unterschiede" },
	[HTMLWORDS_DAMAGED] = { "Damage", "Schaden" },
	[HTMLWORDS_RECONCILE_NOTE] = { "The ledger against awork and the issued files, entry by entry.",
		"Das Ledger gegen awork und die ausgestellten Dateien, Eintrag für Eintrag." },
	[HTMLWORDS_UNFINISHED] = { "Run {n} is unfinished: the next psabill run finishes it.",
		"Lauf {n} ist nicht fertig: der nächste psabill run bringt ihn zu Ende." },
	[HTMLWORDS_COUNT] = { "Count", "Anzahl" },
	[HTMLWORDS_HOURS_OFF] = { "Hours", "Stunden" },
	[HTMLWORDS_MONEY] = { "Money", "Betrag" },
	[HTMLWORDS_CLASS] = { "Class", "Art" },
	[HTMLWORDS_CLASSES] = { "By class", "Nach Art" },
	[HTMLWORDS_MEANING] = { "Meaning", "Bedeutung" },
	[HTMLWORDS_IS_DIFFERENCE] = { "difference", "Unterschied" },
	[HTMLWORDS_IS_DAMAGE] = { "damage", "Schaden" },
	[HTMLWORDS_IS_INFORMATION] = { "information", "Hinweis" },
	[HTMLWORDS_DIFFERENCES] = { "Differences", "Unterschiede" },
	[HTMLWORDS_INFORMATION] = { "Information", "Hinweise" },
	[HTMLWORDS_NO_DIFFERENCES] = { "There are none.", "Es gibt keine." },
	[HTMLWORDS_ENTRY] = { "Entry", "Eintrag" },
	[HTMLWORDS_CHANGE] = { "What is off", "Was abweicht" },
	[HTMLWORDS_STATE] = { "State", "Stand" },
	[HTMLWORDS_OPEN_CORRECTION] = { "correction waits for the next invoice", "Korrektur wartet auf die nächste Rechnung" },
	[HTMLWORDS_REMARKED] = { "Marked that awork had refused", "Nachträglich markiert" },
	[HTMLWORDS_PROPOSED] = { "Corrections proposed", "Korrekturen vorgeschlagen" },
	[HTMLWORDS_WITHDRAWN] = { "Corrections withdrawn", "Korrekturen zurückgezogen" },
	[HTMLWORDS_OPEN_CORRECTIONS] = { "Corrections that wait", "Korrekturen, die warten" },
	[HTMLWORDS_BOOKS] = { "Accounting", "Buchhaltung" },
	[HTMLWORDS_BOOKS_NOTE] = { "Documents compared with {file}.", "Belege im Vergleich mit {file}." },
	[HTMLWORDS_VERDICT] = { "Verdict", "Ergebnis" },
	[HTMLWORDS_OURS] = { "Issued, gross", "Ausgestellt, brutto" },
	[HTMLWORDS_THEIRS] = { "Books, gross", "Bücher, brutto" },
	[HTMLWORDS_PAID] = { "Paid", "Bezahlt" },
	[HTMLWORDS_YES] = { "yes", "ja" },
	[HTMLWORDS_NO] = { "no", "nein" },
};

struct named { const char *name, *en, *de; };

static const struct named reasons[] = {
	{ HELD_RUNNING, "running timer", "Timer läuft noch" },
	{ HELD_NO_DURATION, "no duration", "keine Dauer" },
	{ HELD_OPEN_END, "no end", "kein Ende" },
	{ HELD_NO_DATE, "no date", "kein Datum" },
	{ HELD_DATE_UNCLEAR, "date unclear", "Datum unklar" },
	{ HELD_EXTERNAL, "of a connected workspace", "aus verbundenem Arbeitsbereich" },
	{ HELD_NO_PROJECT, "no project", "kein Projekt" },
	{ HELD_NO_COMPANY, "no company", "keine Firma" },
	{ HELD_NO_CUSTOMER, "not in customers.csv", "nicht in customers.csv" },
	{ HELD_CUSTOMER_INCOMPLETE, "customer incomplete", "Kunde unvollständig" },
	{ HELD_ON_HOLD, "on hold", "angehalten" },
	{ HELD_EXCLUDED, "project excluded", "Projekt ausgeschlossen" },
	{ HELD_RETAINER, "covered by a retainer", "durch Pauschale abgedeckt" },
	{ HELD_LATE, "late", "Nachtrag" },
	{ HELD_NO_RATE, "no rate", "kein Stundensatz" },
	{ HELD_RATE_TIE, "two rates", "zwei Stundensätze" },
	{ HELD_CURRENCY, "currencies differ", "Währungen verschieden" },
	{ HELD_ON_INVOICE, "on an invoice already", "schon berechnet" },
};

/* English advice is select_advice(). */
static const struct named advice[] = {
	{ HELD_RUNNING, NULL, "den Timer in awork anhalten" },
	{ HELD_NO_DURATION, NULL, "die Dauer in awork eintragen oder den Eintrag löschen" },
	{ HELD_OPEN_END, NULL, "das Ende in awork eintragen" },
	{ HELD_NO_DATE, NULL, "das Datum in awork eintragen" },
	{ HELD_DATE_UNCLEAR, NULL, "lokaler Beginn und UTC-Beginn widersprechen sich: den Eintrag in awork noch einmal speichern" },
	{ HELD_EXTERNAL, NULL, "mit [run] external = bill werden solche Einträge berechnet" },
	{ HELD_NO_PROJECT, NULL, "in awork ein Projekt zuweisen oder den Eintrag auf nicht abrechenbar setzen" },
	{ HELD_NO_COMPANY, NULL, "dem Projekt in awork eine Firma zuweisen oder den Eintrag auf nicht abrechenbar setzen" },
	{ HELD_NO_CUSTOMER, NULL, "psabill customers aufrufen, dann die neue Zeile in customers.csv ausfüllen" },
	{ HELD_CUSTOMER_INCOMPLETE, NULL, "die fehlenden Spalten in customers.csv ausfüllen; psabill check nennt sie" },
	{ HELD_ON_HOLD, NULL, "die Spalte hold in customers.csv leeren oder den Eintrag mit psabill apply freigeben" },
	{ HELD_EXCLUDED, NULL, "das Projekt steht in [run] exclude_projects" },
	{ HELD_RETAINER, NULL, "mit [run] retainer = bill werden solche Einträge berechnet" },
	{ HELD_LATE, NULL, "aus der Zeit vor dem Zeitraum: [run] late = include oder separate setzen" },
	{ HELD_NO_RATE, NULL, "eine Zeile in rates.csv ergänzen" },
	{ HELD_RATE_TIE, NULL, "zwei Zeilen von rates.csv passen gleich gut: eine genauer fassen" },
	{ HELD_CURRENCY, NULL, "Stundensatz und Kunde haben verschiedene Währungen: rates.csv oder customers.csv ändern" },
	{ HELD_ON_INVOICE, NULL, "steht schon auf einer ausgestellten Rechnung: siehe psabill show" },
};

static const struct named brakes[] = {
	{ "run", "total of the run", "Summe des Laufs" }, { "customer", "total of a customer", "Summe eines Kunden" }, { "gone", "customer stays away", "Kunde bleibt aus" },
	{ "day", "day too long", "Tag zu lang" }, { "overlap", "entries overlap", "Einträge überschneiden sich" },
};

static const struct named actions[] = { { "stop", "stops", "hält an" }, { "warn", "told", "gemeldet" }, { "released", "released", "freigegeben" } };

static const struct named classes[] = {
	{ "agreed", "agreed", "stimmt überein" }, { "noted", "rounded by awork", "von awork gerundet" }, { "billed_elsewhere", "billed elsewhere", "anderswo berechnet" },
	{ "held", "held", "zurückgestellt" }, { "changed", "changed after it was billed", "nach der Abrechnung geändert" },
	{ "reopened", "set unbilled again", "wieder auf offen gesetzt" }, { "unmarked", "awork refused to mark it", "von awork nicht markiert" },
	{ "pending", "still to be marked", "noch zu markieren" }, { "gone", "deleted in awork", "in awork gelöscht" }, { "foreign", "billed by somebody else", "von anderen berechnet" },
	{ "forgotten", "billable, on no document", "abrechenbar, auf keinem Beleg" }, { "books_open", "in the books, not paid", "gebucht, nicht bezahlt" },
	{ "books_missing", "not in the books", "nicht gebucht" }, { "books_extra", "in the books alone", "nur in den Büchern" }, { "books_twice", "twice in the books", "doppelt gebucht" },
	{ "books_amount", "other amount in the books", "anderer Betrag gebucht" }, { "books_currency", "other currency in the books", "andere Währung gebucht" },
	{ "file", "issued file damaged or missing", "ausgestellte Datei beschädigt oder weg" }, { "ledger", "the ledger contradicts itself", "das Ledger widerspricht sich" },
};

int htmlwords_german(const char *language)
{
	return language != NULL && strncmp(language, "de", 2) == 0;
}

const char *htmlwords_text(int german, enum htmlwords_key k)
{
	return german ? words[k].de : words[k].en;
}

static const char *find(const struct named *v, size_t n, int german, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return german ? v[i].de : v[i].en;
	return name;
}

const char *htmlwords_reason(int german, const char *held)
{
	return find(reasons, sizeof reasons / sizeof *reasons, german, held);
}

const char *htmlwords_advice(int german, const char *held)
{
	return german ? find(advice, sizeof advice / sizeof *advice, 1, held) : select_advice(held);
}

const char *htmlwords_brake(int german, const char *brake)
{
	return find(brakes, sizeof brakes / sizeof *brakes, german, brake);
}

const char *htmlwords_action(int german, const char *action)
{
	return find(actions, sizeof actions / sizeof *actions, german, action);
}

const char *htmlwords_class(int german, const char *name)
{
	return find(classes, sizeof classes / sizeof *classes, german, name);
}
