/* Check digits of identifiers that no schema checks. Blanks are ignored in IBAN and VAT id. */
#ifndef BILLING_IDENTIFIER_H
#define BILLING_IDENTIFIER_H

/* IBAN: ISO 13616, mod 97 = 1; country, two digits, 11 to 30 letters or digits. */
int identifier_iban_ok(const char *s);
/* A text that has the shape of a Leitweg-ID: coarse part of 2, 3, 5, 8, 9 or 12 digits that begins with a state's number (01 to 16) or 99, optional fine part of
 * up to 30 letters or digits, two check digits, joined by hyphens. */
int identifier_leitweg_shape(const char *s);
/* The shape, and the whole number mod 97 = 1 (letters as 10 to 35, hyphens removed). */
int identifier_leitweg_ok(const char *s);
/* A VAT id: two letters and 2 to 13 letters, digits, + or *; a German one nine digits. */
int identifier_vat_shape(const char *s);
/* German VAT id, ISO 7064 mod 11,10. True for ids of other countries. Worth a warning, not a refusal. */
int identifier_vat_digits_ok(const char *s);

#endif
