#include "billing/money.h"

#include <stdlib.h>
#include <string.h>

/* ISO 4217 list one: currencies whose minor unit is not 1/100. */
static const struct { const char code[4]; int decimals; } uneven[] = {
	{ "BHD", 3 }, { "BIF", 0 }, { "CLF", 4 }, { "CLP", 0 }, { "DJF", 0 }, { "GNF", 0 }, { "IQD", 3 }, { "ISK", 0 },
	{ "JOD", 3 }, { "JPY", 0 }, { "KMF", 0 }, { "KRW", 0 }, { "KWD", 3 }, { "LYD", 3 }, { "OMR", 3 }, { "PYG", 0 },
	{ "RWF", 0 }, { "TND", 3 }, { "UGX", 0 }, { "UYI", 0 }, { "UYW", 4 }, { "VND", 0 }, { "VUV", 0 }, { "XAF", 0 },
	{ "XOF", 0 }, { "XPF", 0 },
};

/* ISO 4217 list one: currencies with two decimals. Sorted, four characters each. */
static const char even[] =
	"AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU "
	"CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS "
	"KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
	"PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH "
	"USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL ";

int money_decimals(const char *currency)
{
	if (currency == NULL || strlen(currency) != 3 || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		return -1;
	for (size_t i = 0; i < sizeof uneven / sizeof *uneven; i++)
		if (strcmp(uneven[i].code, currency) == 0)
			return uneven[i].decimals;
	for (const char *p = even; *p != '\0'; p += 4)
		if (memcmp(p, currency, 3) == 0)
			return 2;
	return -1;
}

int money_fmt(char out[NUM_MAX], int64_t minor, const char *currency)
{
	int decimals = money_decimals(currency);

	return num_fmt(out, minor, decimals < 0 ? 2 : decimals);
}

int64_t money_tax(int64_t base_minor, int64_t pct_e2, int *overflow)
{
	return num_div_round((__int128)base_minor * pct_e2, 10000, overflow);
}
