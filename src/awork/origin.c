#include "awork/origin.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

/* http is for the sandbox only: the token must not cross a network in clear. */
static int is_loopback(const char *host)
{
	struct in_addr a;

	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return 1;
	return inet_pton(AF_INET, host, &a) == 1 && (ntohl(a.s_addr) >> 24) == 127;
}

static int has_part(CURLU *u, CURLUPart part)
{
	char *s = NULL;
	int yes = curl_url_get(u, part, &s, 0) == CURLUE_OK;

	curl_free(s);
	return yes;
}

static int take_parts(struct origin *o, CURLU *u, struct err *e)
{
	char *scheme = NULL, *url = NULL;
	int rc = -1;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK || curl_url_get(u, CURLUPART_HOST, &o->host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_URL, &url, 0) != CURLUE_OK) {
		err_set(e, ERR_CONFIG, "awork.base_url has no host");
		goto out;
	}
	o->plain = strcmp(scheme, "http") == 0;
	if (strcmp(scheme, "https") != 0 && !(o->plain && is_loopback(o->host))) {
		err_set(e, ERR_CONFIG, "awork.base_url must begin with https:// (http:// is accepted for 127.0.0.0/8, [::1] and localhost only)");
		goto out;
	}
	for (size_t n = strlen(url); n > 0 && url[n - 1] == '/'; n--)
		url[n - 1] = '\0';
	o->base = strdup(url);
	rc = o->base != NULL ? 0 : err_nomem(e);
out:
	curl_free(scheme);
	curl_free(url);
	return rc;
}

int origin_read(const char *text, struct origin *out, struct err *e)
{
	struct origin o = { NULL, NULL, 0 };
	CURLU *u = curl_url();
	CURLUcode uc;
	int rc = -1;

	if (text == NULL)
		text = "";
	if (u == NULL)
		return err_nomem(e);
	uc = curl_url_set(u, CURLUPART_URL, text, 0);
	/* What stands there may hold a password: messages do not repeat it. */
	if (uc != CURLUE_OK)
		err_set(e, ERR_CONFIG, "awork.base_url is no URL: %s", curl_url_strerror(uc));
	else if (has_part(u, CURLUPART_USER) || has_part(u, CURLUPART_PASSWORD) || has_part(u, CURLUPART_OPTIONS) || strchr(text, '@') != NULL)
		err_set(e, ERR_CONFIG, "awork.base_url must not name a user");
	else if (strchr(text, '?') != NULL || strchr(text, '#') != NULL || strchr(text, '\\') != NULL)
		err_set(e, ERR_CONFIG, "awork.base_url must end with its path: no query, no fragment");
	else
		rc = take_parts(&o, u, e);
	curl_url_cleanup(u);
	if (rc == 0)
		*out = o;
	else
		origin_free(&o);
	return rc;
}

void origin_free(struct origin *o)
{
	curl_free(o->host);
	free(o->base);
	o->host = o->base = NULL;
}
