"""Names as people and attackers type them, drawn from a random generator: umlauts, markup, formulas, control characters, 200 characters."""

import exact

TAILS = ("& Söhne", "<b>fett</b>", "\"in Anführung\"", "O'Neill", "Ünïcödé Straße", "a\tb", "Zeile 1\nZeile 2", "steuer\x01\x0b\x1fzeichen", "weich\u00adgetrennt",
         "fest\u00a0verbunden", "]]> <!-- ende -->", "&amp; &#x1F;", "%s%n {0} ${x}", "_x000D_ Escape", "c1\x85\x9f", "rechts\u202enach links", "kein\ufffeZeichen")
FRONTS = ("=1+1 ", "+49 ", "-5 ", "@SUMME(A1) ", "'=A1 ", "  Rand  ", "../../etc ", "; ,\" ", "#SKONTO#TAGE=1#PROZENT=99.00# ", "0123 ")
WILD = ("漢字 株式会社", "Ωμέγα", "😀 Smile", "Łódź Żółć", "Şirket", "العربية", "e\u0301 kombiniert", "\U0001f468\u200d\U0001f469\u200d\U0001f467")


def name(rng, base, plain):
    """A name that holds `base`; as it stands with the probability `plain`."""
    kind = rng.random()
    if kind < plain:
        return base
    if kind < plain + 0.1:
        return (base + " " + "sehr lang äöü " * 20)[:200].strip()
    if kind < plain + 0.2:
        return rng.choice(FRONTS) + base
    if kind < plain + 0.3:
        return base + " " + rng.choice(WILD)
    return base + " " + rng.choice(TAILS)


def legal(rng, i, wild):
    """A customer's legal name; only with `wild` outside what DATEV's character set can carry. The number keeps the names apart."""
    choices = (f"Kunde {i + 1} GmbH", f"Bäcker & Müller Nr. {i + 1} KG", f"Name <{i + 1}> \"AG\"", f"../=cmd|\"ä' {i + 1}", f"=Kunde{i + 1}", f"Steuer\x02\x1fzeichen {i + 1} e. V.",
               (f"Lang {i + 1} " + "Gesellschaft für Öffentlichkeitsarbeit " * 8)[:200].strip())
    return rng.choice(choices) if not wild or rng.random() < 0.4 else f"{rng.choice(WILD)} {i + 1}"


def surname(rng, i):
    return rng.choice(("Möller", "Yıldız", "d'Arc", "Groß & Klein", "=Formel", "Lange" * 20)) + f" {i}"


def street(rng):
    return rng.choice(("Markt 1", "Straße des 17. Juni 135", "An der \"Alten\" Mühle 3 & 4", "Weg <7>", "Rue de l'Église 12"))


def city(rng):
    return rng.choice(("Bonn", "Köln", "Frankfurt (Oder)", "St. Gallen", "Graz & Umland", "Łódź" if rng.random() < 0.3 else "Würzburg"))


def vat_id(rng):
    eight = f"{rng.randint(10000000, 99999999)}"
    return f"DE{eight}{exact.german_check_digit(eight)}"


def leitweg(rng):
    return exact.make_leitweg(rng.choice(("04011000", "99", "05", "09162000", "16068051", "99123")), rng.choice(("", "12345", "ABC42", "X" * 30)))
