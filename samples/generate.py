#!/usr/bin/env python3
"""Writes an invented awork workspace for the sandbox server. The same options give the same bytes."""

import argparse
import calendar
import datetime as dt
import json
import random
import uuid

TICKS = 10_000_000
DAY = 86400 * TICKS

COMPANIES = [
    # name, industry, domain, street, second line, zip, city, state, country, VAT id
    ("Nordlicht Brauhaus GmbH", "Getränke", "nordlicht-brauhaus.example", "Erfundene Allee 12", None, "20099", "Hamburg", None, "DE", "DE"),
    ("Möller & Söhne Feinmechanik KG", "Maschinenbau", "moeller-feinmechanik.example", "Phantasiestraße 7", "Werk 2", "70173", "Stuttgart", None, "DE", "DE"),
    ("Alpenblick Hotelbetriebe GmbH", "Tourismus", "alpenblick-hotels.example", "Musterzeile 3", None, "5020", "Salzburg", None, "AT", "ATU99900011"),
    ("Atelier Lumière Fictive SARL", "Mode", "lumiere-fictive.example", "14 rue de l'Exemple", "Bâtiment C", "69002", "Lyon", None, "FR", "FR00999000113"),
    ("Larkspur Outfitters Inc.", "Retail", "larkspur-outfitters.example", "500 Sample Avenue", "Suite 210", "97201", "Portland", "OR", "US", None),
    ("Zeitwerk Beispiel AG", "Uhren", "zeitwerk-beispiel.example", "Probegasse 21", None, "8001", "Zürich", None, "CH", "CHE-999.000.115 MWST"),
    ("Zwilling Media GmbH", "Medien", "zwilling-berlin.example", "Doppelweg 1", None, "10115", "Berlin", None, "DE", "DE"),
    ("Zwilling Media GmbH", "Medien", "zwilling-muenchen.example", "Spiegelplatz 2", None, "80331", "München", None, "DE", "DE"),
    ("Freunde der Leuchttürme e. V.", "Verein", "leuchtturmfreunde.example", None, None, None, None, None, None, None),
    ("Doppelpost Logistik SE", "Logistik", "doppelpost.example", "Hafenbecken 40", "Tor 4", "28195", "Bremen", None, "DE", "DE"),
    ("../=cmd|\"ä'", "Unbekannt", "sonderzeichen.example", "Escape-Straße 404", None, "50667", "Köln", None, "DE", "DE"),
    ("Stadtwerke Musterhausen", "Öffentliche Hand", "stadtwerke-musterhausen.example", "Rathausplatz 1", "Zimmer 12", "99999", "Musterhausen", None, "DE", "DE"),
    ("Bramble & Fox Studios Ltd", "Games", "bramblefox.example", "9 Invented Mews", None, "EC1A 1ZZ", "London", None, "GB", "GB999000117"),
    ("Kessel & Kranz Digital", "Software", "kessel-kranz.example", "Erdachter Ring 88", None, "04109", "Leipzig", None, "DE", "DE"),
    ("Kaffeerösterei \"Drei Bohnen\"; Inh. Ylva Tüftel", "Lebensmittel", "drei-bohnen.example", "Röstergang 5", None, "79098", "Freiburg", None, "DE", "DE"),
]

MORE_COMPANY = ("Ahornfeld", "Birkengrund", "Seewind", "Kupferstern", "Lindenhof", "Morgenrot", "Quellpunkt", "Steinbeck-Probe", "Talglück", "Wolkenbank")
MORE_FORM = ("GmbH", "AG", "UG (haftungsbeschränkt)", "GmbH & Co. KG", "e. K.")

USERS = [
    ("Alva", "Beispiel"), ("Bruno", "Testmann"), ("Carla", "Musterfeld"), ("Dario", "Platzhalter"), ("Elif", "Probst-Fiktiv"),
    ("Finn", "Erdacht"), ("Greta", "Vorlage"), ("Hamza", "Exempel"), ("Ida", "Schablone"), (" Jona ", "Muster  "),
    ("Kaja", "Attrappe"), ("Levin", "Dummy"), ("Mira", "Sampleton"), ("Noah", "Placeholder"), ("Olga", "Modellova"),
    ("Pepe", "Ejemplo"), ("Quirin", "Phantasus"), ("Rosa", "Lückenfüller"), ("Söhnke", "Probelauf"), ("Tilda", "Fabelhaft"),
    ("Ugo", "Esempio"), ("Vera", "Blindtext"), ("Wim", "Voorbeeld"), ("Xenia", "Kulisse"), ("Yusuf", "Örnek"), ("Zoe", "Fictionova"),
    ("Arno", "Altbestand"), ("Berta", "Ausgeschieden"), ("Casper", "Extern"),
]
MORE_FIRST = ("Amelie", "Benno", "Clara", "David", "Emma", "Felix", "Hanna", "Ilja", "Jule", "Kilian", "Lotte", "Mats", "Nele", "Oskar", "Pia")
MORE_LAST = ("Beispielsen", "Mustermeier", "Probeschulz", "Testinger", "Fiktivow", "Erfindsam", "Vorlagner", "Dummerl")

TYPES = [
    ("Konzeption", "lightbulb"), ("Design", "palette"), ("Entwicklung", "code"), ("Projektmanagement", "assignment"),
    ("Beratung", "forum"), ("Text & Redaktion", "edit"), ("Support", "support_agent"), ("Druckvorstufe", "print"),
]

SUBJECTS = (
    "Website-Relaunch", "Herbstkampagne", "SEO-Betreuung", "Messeauftritt", "Corporate Design", "Newsletter", "Onlineshop", "App-Prototyp",
    "Geschäftsbericht", "Produktvideo", "Social Media", "Barrierefreiheit", "Intranet", "Employer Branding", "Landingpages", "Wartung & Hosting",
    "Brand Workshop", "Data Dashboard", "Packaging", "Content Audit",
)
TASK_NAMES = (
    "Kickoff", "Wireframes", "Startseite", "Komponenten", "Textkorrektur", "Abstimmung mit Kunde", "Bugfixing", "Reinzeichnung", "Testing",
    "Deployment", "Moodboard", "Keyword-Analyse", "Storyboard", "Sprint Planning", "Retro", "Formulare", "Suche", "Übersetzung", "Fotoauswahl",
)
NOTE_WHAT = (
    "Abstimmung", "Korrekturschleife", "Umsetzung", "Review", "Recherche", "Fehlersuche", "Feinschliff", "Workshop", "Telefonat", "Dokumentation",
    "Layout angepasst", "Texte überarbeitet", "Meeting", "Refactoring", "Bilder freigestellt", "QA round", "Call with client", "Draft",
)
NOTE_OF = (
    "Startseite", "Navigation", "Footer", "Produktseiten", "Kontaktformular", "Newsletter Oktober", "Anzeigenmotive", "Styleguide", "Checkout",
    "Tracking", "Bewerberportal", "Icons", "Header-Video", "Landingpage", "release notes", "Präsentation", "Präsentation & Handout", "Suchfilter",
)
NOTE_TAIL = ("", "", "", "", " (2. Runde)", " – Feedback eingearbeitet", ", intern", " mit Ylva", "; Rest morgen", " / offene Punkte", ": final", " ✔")

ODD_NOTES = (
    "=cmd|' /C calc'!A0", "+49 30 0000000 zurückgerufen", "-1", "@SUM(A1:A9)", "=HYPERLINK(\"http://attacker.example\";\"klick\")",
    "Zeile eins\nZeile zwei\r\nZeile drei", "Semikolon; Komma, \"Anführung\" und 'Apostroph'", "Emoji 🚀👩‍💻🇩🇪 im Text", "\tmit Tabulator",
    "Umlaute: äöüÄÖÜß, Akzente: éèçñ, polnisch: łąż", "gpj.\u202egpf.exe Anhang geprüft", "5 > 3 & 2 < 4 <b>kein HTML</b>", "   ",
    "Pfad C:\\neu\\test und %APPDATA%", "日本語のメモ und العربية", "0123", "1e5", "TRUE", "2026-10-01",
)


class Workspace:
    def __init__(self, args):
        self.args = args
        self.rng = random.Random(args.seed)
        self.entries = []
        self.used = set()

    def uid(self):
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    # Master data -----------------------------------------------------------------------------------------------------

    def contact(self, **members):
        return {"id": self.uid(), **members}

    def address(self, sub, row):
        street, second, zip_code, city, state, country = row
        c = self.contact(type="address", subType=sub, addressLine1=street, zipCode=zip_code, city=city, country=country)
        if second:
            c["addressLine2"] = second
        if state:
            c["state"] = state
        return c

    def company(self, i):
        if i < len(COMPANIES):
            name, industry, domain, *row, vat = COMPANIES[i]
        else:
            name = f"{self.rng.choice(MORE_COMPANY)} {self.rng.choice(('Handel', 'Technik', 'Service', 'Bau'))} {i} {self.rng.choice(MORE_FORM)}"
            industry, domain, vat = "Handel", f"kunde-{i}.example", "DE"
            row = [f"Erfundener Weg {i}", None, f"{10000 + i * 37 % 89999:05d}", "Musterstadt", None, "DE"]
        if vat == "DE":
            vat = german_vat_id(99900000 + i + 1)
        contacts = []
        if row[0]:
            contacts.append(self.address("central", row))
        if i % 3 == 0 and row[0] and not name.startswith("Doppelpost"):
            billing = list(row)
            billing[1] = "Buchhaltung" if row[5] != "FR" else "Comptabilité"
            contacts.append(self.address("invoice", billing))
        if name.startswith("Doppelpost"):
            contacts.append(self.address("invoice", ("Kontorhaus 1", "Rechnungseingang Nord", "20457", "Hamburg", None, "DE")))
            contacts.append(self.address("invoice", ("Speicher 9", "Rechnungseingang Süd", "68159", "Mannheim", None, "DE")))
        contacts.append(self.contact(type="email", subType="central", value=f"info@{domain}"))
        if i % 2 == 0:
            contacts.append(self.contact(type="email", subType="invoice", value=f"rechnung@{domain}"))
        contacts.append(self.contact(type="phone", subType="central", value=f"+49 30 0000{i:03d}"))
        if vat:
            contacts.append(self.contact(type="custom", label="USt-IdNr.", value=vat))
        contacts.append(self.contact(type="custom", label="Kundennummer", value=f"{10001 + i}"))
        if name.startswith("Stadtwerke"):
            contacts.append(self.contact(type="custom", label="Leitweg-ID", value="04011000-12345-03"))
        company = {"key": f"c{i + 1:02d}", "id": self.uid(), "name": name, "industry": industry, "contacts": contacts}
        if i % 4 == 1:
            company["description"] = "Erfundener Kunde für Vorführung und Tests."
        return company

    def project(self, i, n, name, company, **more):
        letters = "".join(ch for ch in (name + "XXX").upper() if "A" <= ch <= "Z")[:3]
        status = more.pop("status", "progress")
        p = {"key": f"p{i + 1:02d}", "id": self.uid(), "name": name}
        if company:
            p["company"] = company["key"]
        if i % 7 != 6:
            p["projectKey"] = f"{letters}{i + 1}"
        names = {"progress": "Läuft", "closed": "Abgeschlossen", "not-started": "Noch nicht gestartet", "stuck": "Wartet"}
        p["status"] = {"id": self.status_ids[status], "name": names[status], "type": status}
        kind = "Kundenprojekt" if company else "Intern"
        p["projectType"] = {"id": self.type_ids[kind], "name": kind, "icon": "favorite" if company else "work", "isArchived": False}
        p["timeBudget"] = self.rng.choice((0, 144000, 288000, 576000))
        p["members"] = sorted(u["key"] for u in self.rng.sample(self.users[:26], min(4, n)))
        if status == "closed":
            p["closedOn"] = "2026-10-20T15:00:00Z"
        p.update(more)
        return p

    def masters(self):
        a = self.args
        self.status_ids = {s: self.uid() for s in ("progress", "closed", "not-started", "stuck")}
        self.type_ids = {s: self.uid() for s in ("Kundenprojekt", "Intern")}
        self.types = []
        for i, (name, icon) in enumerate(TYPES):
            t = {"key": f"w{i + 1}", "id": self.uid(), "name": name, "icon": icon}
            if name == "Druckvorstufe":
                t["archived"] = True
            self.types.append(t)
        self.companies = [self.company(i) for i in range(max(12, a.companies))]
        self.users = [self.user(i) for i in range(max(len(USERS), a.users))]
        self.api_user = {"key": f"u{len(self.users) + 1:02d}", "id": self.uid(), "firstName": "API", "lastName": "Abrechnung", "position": "Integration"}
        self.users.append(self.api_user)
        self.projects = self.make_projects(max(40, a.projects))
        self.tasks = self.make_tasks()
        self.fields = [{
            "key": "f1", "id": self.uid(), "name": "Kostenstelle", "entity": "project", "type": "text", "order": 1.0,
            "projects": [self.projects[0]["key"], self.projects[1]["key"]],
        }]
        for n, p in enumerate(self.projects[:2]):
            p["customFields"] = [{"customFieldDefinitionId": self.fields[0]["id"], "textValue": f"KST-{4711 + n}"}]

    def user(self, i):
        if i < len(USERS):
            first, last = USERS[i]
        else:
            first, last = self.rng.choice(MORE_FIRST), f"{self.rng.choice(MORE_LAST)} {i}"
        u = {"key": f"u{i + 1:02d}", "id": self.uid(), "firstName": first, "lastName": last}
        u["initials"] = first.strip()[0] + last.strip()[0]
        u["position"] = self.rng.choice(("Design", "Entwicklung", "Beratung", "Projektleitung", "Text"))
        if i % 3 == 0:
            u["teams"] = [f"7ea70000-0000-4000-8000-00000000000{i % 9}"]
        if last in ("Altbestand", "Ausgeschieden"):
            u["archived"] = True
        if last == "Extern":
            u["external"] = True
        return u

    def zone_of(self, user):
        name = user["lastName"]
        if name in ("Sampleton", "Voorbeeld"):
            return "Europe/London"
        return "America/New_York" if name == "Placeholder" else "Europe/Berlin"

    def make_projects(self, n):
        c = self.companies
        long_name = "Ganzheitliche Neukonzeption der digitalen Kundenansprache einschließlich Barrierefreiheit, Mehrsprachigkeit, Redaktionsworkflow, Schulung und Betrieb"
        long_name = (long_name + " 2026/27 Phase B")[:150].ljust(150, "x")
        special = [
            ("Website-Relaunch", c[0], {}), ("Website-Relaunch", c[1], {}),
            ("Interne Organisation", None, {"internal": True}), ("Agentur-Website", None, {"internal": True}),
            ("Vertrauliche Restrukturierung", c[1], {"private": True}), ("Gemeinsames Portal (Connect)", c[3], {"external": True}),
            ("Retainer Betreuung", c[0], {"retainer": True}), ("Retainer Social Media", c[11], {"retainer": True}),
            ("Abgeschlossen: Frühjahrskampagne", c[2], {"status": "closed"}), ("Abgeschlossen: Audit", c[7], {"status": "closed"}),
            (long_name, c[9], {}), ("Sonderzeichen; \"Projekt\" =1+1", c[10], {}), ("Namensfindung", c[10], {}),
        ]
        out = [self.project(i, 4, name, company, **more) for i, (name, company, more) in enumerate(special)]
        while len(out) < n:
            i = len(out)
            company = c[i % len(c)]
            status = "stuck" if i % 17 == 0 else "not-started" if i % 19 == 0 else "progress"
            year = " 2027" if i >= len(special) + len(SUBJECTS) else ""
            out.append(self.project(i, 3, SUBJECTS[i % len(SUBJECTS)] + year, company, status=status))
        return out

    def make_tasks(self):
        out = []
        statuses = [(self.uid(), "Offen", "todo", "radio_button_unchecked"), (self.uid(), "In Bearbeitung", "progress", "arrow_forward"),
                    (self.uid(), "Erledigt", "done", "check")]

        def add(name, project, **more):
            sid, sname, stype, icon = statuses[len(out) % 3]
            task = {"key": f"t{len(out) + 1}", "id": self.uid(), "name": name, "type": self.types[len(out) % 7]["key"],
                    "status": {"id": sid, "name": sname, "type": stype, "order": len(out) % 3, "icon": icon}, "baseType": "projecttask"}
            if project:
                task["project"] = project["key"]
                if "projectKey" in project:
                    task["taskIdentifier"] = f"{project['projectKey']}-{len(out) + 1}"
                task["plannedDuration"] = self.rng.choice((7200, 14400, 36000, 144000))
                task["assignees"] = [self.rng.choice(self.users[:26])["key"]]
            task.update(more)
            out.append(task)
            return task

        self.project_tasks = {}
        for p in self.projects:
            names = self.rng.sample(TASK_NAMES, self.rng.randint(3, 5))
            self.project_tasks[p["key"]] = [add(name, p) for name in names]
        self.private_tasks = [add(name, None, baseType="private") for name in ("Weiterbildung", "Schreibtisch aufräumen", "Eigene Notizen")]
        return out

    # Entries ---------------------------------------------------------------------------------------------------------

    def entry(self, date, **members):
        """Adds an entry; members in the compact form."""
        e = {"id": self.uid(), **{k: v for k, v in members.items() if v is not None and k in ("user", "project", "task", "type")}}
        e["date"] = date.isoformat()
        for k, v in members.items():
            if k not in e and v is not None and not k.startswith("_"):
                e[k] = v
        zone = members.get("tz", "Europe/Berlin")
        e.setdefault("off", offset(zone, date))
        # A sort key near the creation time, so that the file and the server's usual order agree.
        e["_sort"] = e.get("created") or f"{members.get('_late', e['date'])}T{e.get('end', '23')}"
        self.entries.append(e)
        return e

    def note(self):
        r = self.rng
        if r.random() < 0.22:
            return None
        return f"{r.choice(NOTE_WHAT)} {r.choice(NOTE_OF)}{r.choice(NOTE_TAIL)}"

    def work_of(self, user):
        """Project, task and type somebody plausibly works on; each person has favourites."""
        r = self.rng
        favourites = self.favourites.get(user["key"])
        if favourites is None:
            # The customer with the impossible name stays a small one.
            impossible = self.companies[10]["key"]
            usual = [p for p in self.projects if not p.get("external") and p.get("company") != impossible]
            favourites = self.favourites[user["key"]] = r.sample(usual, 6)
        p = r.choice(favourites)
        if r.random() < 0.9:
            t = r.choice(self.project_tasks[p["key"]])
            return p, {"task": t["key"], "type": t["type"] if r.random() < 0.8 else r.choice(self.types[:7])["key"]}
        return p, {"project": p["key"], "type": r.choice(self.types[:7])["key"]}

    def day(self, user, date, count, billed_share):
        """A working day: entries one after the other, from about half past eight."""
        r = self.rng
        zone = self.zone_of(user)
        now = (8 * 60 + r.randint(0, 90)) * 60 * TICKS
        room = max(600, min(9 * 3600, int(8.2 * 3600)) // max(1, count))
        for _ in range(count):
            seconds = max(240, int(r.triangular(room * 0.3, room * 1.6, room * 0.9)))
            project, what = self.work_of(user)
            timer = r.random() < 0.45
            if timer:
                digits = r.choice((7, 7, 7, 3, 2, 0))
                start = trim(now + r.randrange(60 * TICKS), digits)
                end = trim(start + seconds * TICKS + r.randrange(TICKS), digits)
            else:
                start = now // (300 * TICKS) * 300 * TICKS
                end, digits = start + max(900, round(seconds / 900) * 900) * TICKS, 0
            if end >= DAY:
                return
            duration_only = r.random() < 0.12
            billable = not project.get("internal") and r.random() < 0.9
            more = {} if zone == "Europe/Berlin" else {"tz": zone}
            if not billable:
                more["billable"] = False
            elif r.random() < billed_share:
                more["billed"] = True
                more["updatedBy"] = self.biller
            if not duration_only:
                more["start"], more["end"] = clock(start, digits), clock(end, digits)
            if r.random() < 0.02:
                more["nulls"] = True
            self.entry(date, user=user["key"], **what, dur=(end - start + TICKS // 2) // TICKS, note=self.note(), **more)
            now = end + r.choice((0, 0, 300, 600, 2700)) * TICKS

    def regular(self, first, months):
        days = [d for m in range(months) for d in month_days(first, m) if d.weekday() < 5]
        people = [u for u in self.users[:-1] if not u.get("external")]
        slots = []
        for d in days:
            for u in people:
                if u.get("archived") and d >= add_months(first, months - 1):
                    continue
                if self.rng.random() < 0.9 or len(people) > 100:
                    slots.append((d, u))
        share = lambda d: 0.03 if d >= add_months(first, months - 1) else 0.95 if d >= add_months(first, months - 2) else 0.98
        wanted = self.args.entries
        for i, (d, u) in enumerate(slots):
            left = wanted - len(self.entries)
            average = left / (len(slots) - i)
            count = int(average) + (self.rng.random() < average - int(average))
            if average < 8 and count > 1:
                count += self.rng.choice((-1, 0, 0, 1))
            self.day(u, d, count, share(d))

    def odd(self, last):
        """The shapes that a reader must survive, in the last month."""
        r = self.rng
        people = [u["key"] for u in self.users[:20]]
        normal = [p for p in self.projects[13:40] if p["status"]["type"] != "closed"]
        last_day = add_months(last, 1) - dt.timedelta(days=1)

        def some(day=None, **more):
            date = last.replace(day=day or r.randint(2, 27))
            what = {}
            if "project" not in more and "task" not in more:
                what["task"] = r.choice(self.project_tasks[r.choice(normal)["key"]])["key"]
            return self.entry(date, **{"user": r.choice(people), **what, "type": r.choice(self.types[:7])["key"], **more})

        for hour in (9, 14):
            some(start=f"{hour:02d}:13:13.0254002", dur=0, note="Timer läuft")
        some(start="16:20:00", note="Timer läuft, ohne Dauer")
        some(start="10:00:00.5", dur=0, breaks=[{"startDate": f"{last.replace(day=20)}T09:30:00Z"}], day=20, note="Pausierter Timer")
        some(start="15:08:51.8220632", dur=100, note="Beginn und Dauer, kein Ende")
        some(start="11:00:00", end="11:00:00", dur=0, note="Dauer null")
        some(dur=0, note="Dauer null ohne Zeiten")
        some(dur=-900, note="Negative Dauer")
        some(note="Ohne Dauer", start="08:00:00", end="09:00:00")
        for n in range(4):
            some(user=None, dur=2700 + 900 * n, nulls=n % 2 == 0, createdBy=people[n], note="Gelöschte Person")
        some(dur=3600, project=None, task=None, note="Ohne Projekt")
        some(dur=1800, start="12:00:00", end="12:30:00", project=None, task=None, note="Auch ohne Projekt")
        for n in range(2):
            some(dur=5400, project=self.projects[2 + n]["key"], note="Projekt ohne Firma, abrechenbar gebucht")
        some(dur=1200, task=self.private_tasks[0]["key"], note="Private Aufgabe")
        for n in range(3):
            some(dur=3600 + n, user=self.users[28]["key"], project=self.projects[5]["key"], external=True, note="Gemeinsamer Arbeitsbereich")
        some(start="22:30:00", end="01:15:00", dur=9900, note="Über Mitternacht")
        some(start="23:59:59.9999999", end="00:30:00.0000000", dur=1800, note="Kurz vor Mitternacht", day=14)
        # The local date decides the month although the UTC date lies in the previous or the next one.
        some(day=1, start="00:30:00", end="01:45:00", dur=4500, note="Monatswechsel: UTC noch im Vormonat")
        some(day=1, start="01:59:59.99", end="02:30:00.00", dur=1800, note="Monatswechsel, letzte Sekunde vor UTC-Mitternacht")
        self.entry(last_day, user=self.users[13]["key"], task=self.project_tasks[normal[0]["key"]][0]["key"], type="w3", tz="America/New_York",
                   start="21:00:00", end="22:30:00", dur=5400, note="UTC already in the next month")
        self.entry(last_day, user=people[1], task=self.project_tasks[normal[1]["key"]][0]["key"], type="w3", start="23:15:00",
                   end="00:45:00", dur=5400, note="Endet im nächsten Monat")
        some(day=6, start="08:00:00", endDate=last.replace(day=7).isoformat(), end="10:30:00", dur=95400, note="Mehr als 24 Stunden")
        some(day=8, start="09:00:00", end="17:30:00", dur=27000, **{"break": 3600},
             breaks=[{"startDate": f"{last.replace(day=8)}T10:00:00Z", "duration": 3600, "endDate": f"{last.replace(day=8)}T11:00:00Z"}],
             note="Mit Pause, Dauer netto")
        some(day=9, start="09:00:00", end="12:00:00", dur=10800, **{"break": 900}, note="Mit Pause, Dauer brutto")
        night = dst_end(last.year)
        if night.month == last.month:
            before = night - dt.timedelta(days=1)
            self.entry(before, user=people[3], task=self.project_tasks[normal[2]["key"]][0]["key"], type="w3", start="22:00:00",
                       endDate=night.isoformat(), end="04:00:00", endOff=60, dur=25200, note="Zeitumstellung: sechs Stunden auf der Uhr, sieben gearbeitet")
            self.entry(night, user=people[4], task=self.project_tasks[normal[2]["key"]][0]["key"], type="w3", start="02:30:00", off=120,
                       end="02:15:00", endDate=night.isoformat(), endOff=60, dur=2700, note="Doppelte Stunde")
        some(start="09:00:00.1234567", end="10:00:00.7654321", dur=3601, note="Sieben Nachkommastellen")
        some(start="10:00:00.12", end="11:00:00.98", dur=3601, nulls=True)
        some(dur=7200, extra={"key": "TE-1", "isDeleted": False, "workspaceId": self.workspace_id}, note="Mit unbekannten Angaben")
        some(dur=900, type="w8", note="Archivierte Tätigkeit")
        some(dur=3600, project=self.projects[4]["key"], note="Privates Projekt")
        for text in ODD_NOTES:
            some(dur=r.choice((900, 1800, 2700)), note=text)
        some(dur=4500, note=("Sehr lange Notiz über alles, was an diesem Tag geschah – und noch etwas mehr. " * 40)[:3000])
        for n in range(6):
            p = self.projects[11 + n % 2]
            some(dur=3600 + 1800 * n, project=p["key"], note="Arbeit für den Kunden mit dem schwierigen Namen")
        for n in range(4):
            some(dur=1500 * (n + 1), project=self.projects[10]["key"], note="Projekt mit langem Namen")
        for n in range(5):
            some(dur=2400, project=self.projects[8 + n % 2]["key"], note="Nachlauf im abgeschlossenen Projekt")

    def late(self, first, last):
        """Old work that was booked, or left unbilled, after its month."""
        r = self.rng
        for n in range(14):
            date = first - dt.timedelta(days=r.randint(3, 80))
            p = r.choice(self.projects[13:40])
            created = f"{last.replace(day=2 + n)}T0{6 + n % 3}:{10 + n}:0{n % 10}.{r.randrange(1000):03d}Z"
            self.entry(date, user=self.users[n]["key"], task=self.project_tasks[p["key"]][0]["key"], type="w5", dur=900 * r.randint(1, 12),
                       created=created, note="Nachtrag" if n % 2 else "Late booking")
        for n in range(20):
            date = last - dt.timedelta(days=r.randint(5, 50))
            p = r.choice(self.projects[13:40])
            created = f"{last.replace(day=5 + n % 20)}T15:{10 + n}:00.{r.randrange(100):02d}Z"
            self.entry(date, user=self.users[n]["key"], task=self.project_tasks[p["key"]][1]["key"], type="w4", dur=900 * r.randint(1, 8),
                       created=created, note=self.note())

    def build(self):
        a = self.args
        first = dt.date.fromisoformat(a.first_month + "-01")
        last = add_months(first, a.months - 1)
        self.workspace_id = self.uid()
        self.favourites = {}
        self.masters()
        self.biller = self.users[4]["key"]
        self.odd(last)
        if a.entries >= 2000:
            self.late(first, last)
        self.regular(first, a.months)
        self.entries.sort(key=lambda e: (e.pop("_sort"), e["id"]))
        after = add_months(last, 1)
        return {
            "workspace": {"id": self.workspace_id, "name": "Agentur Wolkenkuckucksheim", "url": "wolkenkuckucksheim"},
            "clock": f"{after.replace(day=2)}T08:00:00Z",
            "apiUser": self.api_user["id"],
            "tokens": [
                {"token": "sandbox-admin-key", "userId": self.api_user["id"], "admin": True},
                {"token": "sandbox-user-key", "userId": self.users[0]["id"], "admin": False},
            ],
            "typesOfWork": self.types, "companies": self.companies, "users": self.users, "customFieldDefinitions": self.fields,
            "projects": self.projects, "tasks": self.tasks, "entries": self.entries,
        }


def german_vat_id(number):
    """A made-up German VAT id with a valid check digit; no ids of that range are in use."""
    product = 10
    for digit in f"{number:08d}":
        s = (int(digit) + product) % 10 or 10
        product = 2 * s % 11
    return f"DE{number:08d}{(11 - product) % 10}"


def add_months(date, n):
    m = date.month - 1 + n
    return dt.date(date.year + m // 12, m % 12 + 1, 1)


def month_days(first, n):
    d = add_months(first, n)
    return [d.replace(day=k + 1) for k in range(calendar.monthrange(d.year, d.month)[1])]


def last_sunday(year, month):
    d = dt.date(year, month, calendar.monthrange(year, month)[1])
    return d - dt.timedelta(days=(d.weekday() + 1) % 7)


def dst_end(year):
    return last_sunday(year, 10)


def offset(zone, date):
    """Minutes east of UTC at noon; the rules are written out because not every system has a time zone database."""
    if zone == "America/New_York":
        march, november = dt.date(date.year, 3, 1), dt.date(date.year, 11, 1)
        start = march + dt.timedelta(days=(6 - march.weekday()) % 7 + 7)
        end = november + dt.timedelta(days=(6 - november.weekday()) % 7)
        return -240 if start <= date < end else -300
    summer = last_sunday(date.year, 3) <= date < dst_end(date.year)
    return (0 if zone == "Europe/London" else 60) + (60 if summer else 0)


def trim(ticks, digits):
    unit = 10 ** (7 - digits)
    return ticks // unit * unit


def clock(ticks, digits):
    s, frac = divmod(ticks, TICKS)
    text = f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"
    return f"{text}.{frac // 10 ** (7 - digits):0{digits}d}" if digits else text


def line(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Direction overrides would disturb whoever reads the file.
    return text.replace("\u202e", "\\u202e")


def write(workspace, path):
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write("{\n")
        for n, (name, value) in enumerate(workspace.items()):
            comma = "," if n + 1 < len(workspace) else ""
            if isinstance(value, list):
                f.write(f"\"{name}\": [\n" + ",\n".join(line(v) for v in value) + f"\n]{comma}\n")
            else:
                f.write(f"\"{name}\": {line(value)}{comma}\n")
        f.write("}\n")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--seed", type=int, default=2026)
    p.add_argument("--entries", type=int, default=6600)
    p.add_argument("--months", type=int, default=3)
    p.add_argument("--first-month", default="2026-08")
    p.add_argument("--companies", type=int, default=len(COMPANIES))
    p.add_argument("--projects", type=int, default=44)
    p.add_argument("--users", type=int, default=0, help="default: enough for the number of entries")
    p.add_argument("--out", default="samples/workspace.json")
    args = p.parse_args()
    if not args.users:
        args.users = max(len(USERS), args.entries // (args.months * 21 * 7))
    write(Workspace(args).build(), args.out)


if __name__ == "__main__":
    main()
