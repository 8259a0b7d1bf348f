#include "output/datevfields.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cp1252.h"
#include "base/num.h"

#define AMOUNT_MAX 13 /* bytes of an amount: ten digits, a comma, two digits */

/* As DATEV's sample file spells them, irregular blanks included. */
static const char names[] =
	"Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Kurs;Basis-Umsatz;WKZ Basis-Umsatz;Konto;"
	"Gegenkonto (ohne BU-Schlüssel);BU-Schlüssel;Belegdatum;Belegfeld 1;Belegfeld 2;Skonto;Buchungstext;Postensperre;"
	"Diverse Adressnummer;Geschäftspartnerbank;Sachverhalt;Zinssperre;Beleglink;Beleginfo - Art 1;Beleginfo - Inhalt 1;"
	"Beleginfo - Art 2;Beleginfo - Inhalt 2;Beleginfo - Art 3;Beleginfo - Inhalt 3;Beleginfo - Art 4;Beleginfo - Inhalt 4;"
	"Beleginfo - Art 5;Beleginfo - Inhalt 5;Beleginfo - Art 6;Beleginfo - Inhalt 6;Beleginfo - Art 7;Beleginfo - Inhalt 7;"
	"Beleginfo - Art 8;Beleginfo - Inhalt 8;KOST1 - Kostenstelle;KOST2 - Kostenstelle;Kost-Menge;"
	"EU-Land u. UStID (Bestimmung);EU-Steuersatz (Bestimmung);Abw. Versteuerungsart;Sachverhalt L+L;Funktionsergänzung L+L;"
	"BU 49 Hauptfunktionstyp;BU 49 Hauptfunktionsnummer;BU 49 Funktionsergänzung;Zusatzinformation - Art 1;"
	"Zusatzinformation- Inhalt 1;Zusatzinformation - Art 2;Zusatzinformation- Inhalt 2;Zusatzinformation - Art 3;"
	"Zusatzinformation- Inhalt 3;Zusatzinformation - Art 4;Zusatzinformation- Inhalt 4;Zusatzinformation - Art 5;"
	"Zusatzinformation- Inhalt 5;Zusatzinformation - Art 6;Zusatzinformation- Inhalt 6;Zusatzinformation - Art 7;"
	"Zusatzinformation- Inhalt 7;Zusatzinformation - Art 8;Zusatzinformation- Inhalt 8;Zusatzinformation - Art 9;"
	"Zusatzinformation- Inhalt 9;Zusatzinformation - Art 10;Zusatzinformation- Inhalt 10;Zusatzinformation - Art 11;"
	"Zusatzinformation- Inhalt 11;Zusatzinformation - Art 12;Zusatzinformation- Inhalt 12;Zusatzinformation - Art 13;"
	"Zusatzinformation- Inhalt 13;Zusatzinformation - Art 14;Zusatzinformation- Inhalt 14;Zusatzinformation - Art 15;"
	"Zusatzinformation- Inhalt 15;Zusatzinformation - Art 16;Zusatzinformation- Inhalt 16;Zusatzinformation - Art 17;"
	"Zusatzinformation- Inhalt 17;Zusatzinformation - Art 18;Zusatzinformation- Inhalt 18;Zusatzinformation - Art 19;"
	"Zusatzinformation- Inhalt 19;Zusatzinformation - Art 20;Zusatzinformation- Inhalt 20;Stück;Gewicht;Zahlweise;"
	"Forderungsart;Veranlagungsjahr;Zugeordnete Fälligkeit;Skontotyp;Auftragsnummer;Buchungstyp;"
	"USt-Schlüssel (Anzahlungen);EU-Land (Anzahlungen);Sachverhalt L+L (Anzahlungen);EU-Steuersatz (Anzahlungen);"
	"Erlöskonto (Anzahlungen);Herkunft-Kz;Buchungs GUID;KOST-Datum;SEPA-Mandatsreferenz;Skontosperre;Gesellschaftername;"
	"Beteiligtennummer;Identifikationsnummer;Zeichnernummer;Postensperre bis;Bezeichnung SoBil-Sachverhalt;"
	"Kennzeichen SoBil-Buchung;Festschreibung;Leistungsdatum;Datum Zuord. Steuerperiode;Fälligkeit;Generalumkehr (GU);"
	"Steuersatz;Land;Abrechnungsreferenz;BVV-Position;EU-Land u. UStID (Ursprung);EU-Steuersatz (Ursprung);Abw. Skontokonto";

/* T: text, always quoted. The columns 1 to 25, 26 to 50 and so on. */
static const char form[] =
	"nTTnnTnnTnTTnTnTnnnTTTTTT"
	"TTTTTTTTTTTTTnTnTnnnnnTTT"
	"TTTTTTTTTTTTTTTTTTTTTTTTT"
	"TTTTTTTTTTTTnnnTnnnTTnTnn"
	"nTTnTnTnTTnTnnnnnTnTTnTnn";

_Static_assert(sizeof form == DATEVFIELDS_COLUMNS + 1, "one form per column");

void datevfields_names(struct buf *out)
{
	cp1252_add_known(out, names);
	buf_str(out, "\r\n");
}

static void quoted(struct buf *out, const char *s)
{
	buf_ch(out, '"');
	for (const char *q; (q = strchr(s, '"')) != NULL; s = q + 1) {
		buf_add(out, s, (size_t)(q - s));
		buf_str(out, "\"\"");
	}
	buf_str(out, s);
	buf_ch(out, '"');
}

void datevfields_row(struct buf *out, const char *const value[DATEVFIELDS_COLUMNS + 1])
{
	for (int i = 1; i <= DATEVFIELDS_COLUMNS; i++) {
		const char *s = value[i];
		int is_text = form[i - 1] == 'T';

		if (i > 1)
			buf_ch(out, ';');
		if (s != NULL && is_text)
			quoted(out, s);
		else
			buf_str(out, s != NULL ? s : is_text ? "\"\"" : "");
	}
	buf_str(out, "\r\n");
}

/* Where reading back stands. */
struct reader {
	struct datevfields_sum sum;
	int64_t lines;
	int field, quoted;      /* field: of this line, from 1 */
	size_t n;               /* bytes of the field so far, of the first two only */
	char amount[AMOUNT_MAX + 1], side[4], last;
};

static int wrong(const struct reader *r, const char *what, struct err *e)
{
	return err_set(e, ERR_IO, "read back: line %lld %s", (long long)r->lines + 1, what);
}

/* The two fields that count. */
static int keep(struct reader *r, char c, struct err *e)
{
	char *to = r->field == DATEVFIELDS_AMOUNT ? r->amount : r->side;
	size_t size = r->field == DATEVFIELDS_AMOUNT ? sizeof r->amount : sizeof r->side;

	if (r->lines < 2 || r->field > DATEVFIELDS_SIDE)
		return 0;
	if (r->n + 1 >= size)
		return wrong(r, "has no amount and side", e);
	to[r->n++] = c;
	to[r->n] = '\0';
	return 0;
}

static int take_booking(struct reader *r, struct err *e)
{
	char *comma = strchr(r->amount, ',');
	int64_t minor;

	if (comma == NULL || strlen(comma) != 3)
		return wrong(r, "has no amount", e);
	*comma = '.';
	if (num_parse(r->amount, 2, &minor) < 0 || minor <= 0)
		return wrong(r, "has no amount", e);
	if (strcmp(r->side, "\"S\"") != 0 && strcmp(r->side, "\"H\"") != 0)
		return wrong(r, "is neither S nor H", e);
	if (num_add(&r->sum.sum_minor, r->side[1] == 'S' ? minor : -minor) < 0)
		return wrong(r, "overflows the sum", e);
	r->sum.bookings++;
	return 0;
}

static int end_line(struct reader *r, struct err *e)
{
	if (r->last != '\r')
		return wrong(r, "does not end with CR LF", e);
	if (r->field != (r->lines == 0 ? DATEVFIELDS_HEADER : DATEVFIELDS_COLUMNS))
		return wrong(r, "has a wrong number of fields", e);
	if (r->lines >= 2 && take_booking(r, e) < 0)
		return -1;
	r->lines++;
	r->field = 1;
	r->n = 0;
	return 0;
}

static int take(struct reader *r, char c, struct err *e)
{
	int rc = 0;

	if (c == '\n' && r->quoted)
		return wrong(r, "ends inside quotes", e);
	if (c == '\n') {
		rc = end_line(r, e);
	} else if (c == ';' && !r->quoted) {
		r->field++;
		r->n = 0;
	} else {
		r->quoted ^= c == '"';
		rc = keep(r, c, e);
	}
	r->last = c;
	return rc;
}

static int take_all(struct reader *r, int fd, struct err *e)
{
	char block[65536];

	for (;;) {
		ssize_t n = read(fd, block, sizeof block);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, ERR_IO, "read back");
		if (n == 0)
			return r->last == '\n' && r->lines >= 2 ? 0 : wrong(r, "is the end of the file", e);
		r->sum.bytes += n;
		for (ssize_t i = 0; i < n; i++)
			if (take(r, block[i], e) < 0)
				return -1;
	}
}

int datevfields_read(const char *path, struct datevfields_sum *out, struct err *e)
{
	struct reader r = { .field = 1 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int rc;

	if (fd < 0)
		return err_sys(e, ERR_IO, "read back");
	rc = take_all(&r, fd, e);
	close(fd);
	if (rc == 0)
		*out = r.sum;
	return rc;
}
