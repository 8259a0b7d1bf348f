/* Identifiers and codes that no schema checks: check digits, and the code lists of the official rules. NULL is never right. */
#ifndef BILLING_IDENTIFIER_H
#define BILLING_IDENTIFIER_H

/* Copies s in the form that is written into documents: blanks of any width removed, ASCII letters in upper case; "" when it does not fit.
 * Returns out. */
#define IDENTIFIER_MAX 64
char *identifier_compact(char out[IDENTIFIER_MAX], const char *s);

/* IBAN: ISO 13616, mod 97 = 1; country, two digits, 11 to 30 letters or digits. Blanks are ignored. */
int identifier_iban_ok(const char *s);
/* A text that has the shape of a Leitweg-ID: coarse part of 2, 3, 5, 8, 9 or 12 digits that begins with a state's number (01 to 16) or 99,
 * optional fine part of up to 30 letters or digits, two check digits, joined by hyphens. */
int identifier_leitweg_shape(const char *s);
/* The shape, and the whole number mod 97 = 1 (letters as 10 to 35, hyphens removed). */
int identifier_leitweg_ok(const char *s);
/* A VAT id: two letters and 2 to 13 letters, digits, + or *; a German one nine digits. Blanks are ignored. */
int identifier_vat_shape(const char *s);
/* True for a prefix that VAT ids have: a country's code (BR-CO-09), EL for Greece. */
int identifier_vat_prefix_ok(const char *s);
/* German VAT id, ISO 7064 mod 11,10. True for ids of other countries. Worth a warning, not a refusal. */
int identifier_vat_digits_ok(const char *s);
/* ISO 3166-1 alpha-2, with the 1A (Kosovo) and XI (Northern Ireland) of BR-CL-14. */
int identifier_country_ok(const char *s);
/* Scheme of an electronic address: the EAS code list of BR-CL-25, as far as CEN 1.3.15 and 1.3.16 agree. */
int identifier_scheme_ok(const char *s);
/* The shape that BR-DE-28 asks of an e-mail address: one @, no blanks, a dot inside the domain, none at its ends. */
int identifier_email_ok(const char *s);

#endif
