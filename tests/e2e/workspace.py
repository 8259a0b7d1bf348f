"""Small awork workspaces for tests: things get keys and ids in the order in which they are made, so equal calls make equal files."""

import json

ADMIN, USER = "sandbox-admin-key", "sandbox-user-key"
KINDS = {"company": 0xC, "project": 0xB, "user": 0xD, "task": 0xA, "type": 0xF, "entry": 0xE, "workspace": 0x1, "contact": 0x2}


def uuid_of(kind, n):
    return f"{KINDS[kind]:08x}-0000-4000-8000-{n:012x}"


class Workspace:
    def __init__(self, clock="2026-11-02T08:00:00Z", token=ADMIN):
        self.clock = clock
        self.companies, self.projects, self.users, self.tasks, self.types, self.entries = [], [], [], [], [], []
        self.api_user = self.user("Api", "Schluessel")
        self.plain_user = self.user("Alva", "Beispiel")
        self.tokens = [{"token": token, "userId": self.id(self.api_user), "admin": True},
                       {"token": USER, "userId": self.id(self.plain_user), "admin": False}]
        self.default_type = self.type("Entwicklung")

    def _add(self, kind, letter, items, fields):
        n = len(items) + 1
        item = {"key": f"{letter}{n:02d}", "id": uuid_of(kind, n), **fields}
        items.append(item)
        return item["key"]

    def company(self, name, **fields):
        return self._add("company", "c", self.companies, {"name": name, "contacts": fields.pop("contacts", []), **fields})

    def project(self, name, company=None, **fields):
        if company is not None:
            fields["company"] = company
        return self._add("project", "p", self.projects, {"name": name, **fields})

    def user(self, first, last, **fields):
        return self._add("user", "u", self.users, {"firstName": first, "lastName": last, **fields})

    def type(self, name, **fields):
        return self._add("type", "w", self.types, {"name": name, "icon": "code", **fields})

    def task(self, name, project, **fields):
        fields = {"baseType": "projecttask", "type": self.default_type, **fields}
        if project is not None:
            fields["project"] = project
        return self._add("task", "t", self.tasks, {"name": name, **fields})

    def entry(self, date, dur, project=None, task=None, **fields):
        """An entry with start and end that fit its duration, unless fields say otherwise. Returns its id."""
        n = len(self.entries) + 1
        x = {"id": uuid_of("entry", n), "user": self.plain_user, "type": self.default_type}
        if date is not None:
            x["date"] = date
        if dur is not None:
            x["dur"] = dur
        if project:
            x["project"] = project
        if task:
            x["task"] = task
        if dur and dur > 0 and "start" not in fields and not fields.pop("untimed", False):
            end = 8 * 3600 + dur
            if end < 86400:
                x["start"] = "08:00:00"
                x["end"] = f"{end // 3600:02d}:{end // 60 % 60:02d}:{end % 60:02d}"
        for name, value in fields.items():
            if value is None:
                x.pop(name, None)
            else:
                x[name] = value
        self.entries.append(x)
        return x["id"]

    def id(self, key):
        for items in (self.companies, self.projects, self.users, self.tasks, self.types):
            for x in items:
                if x["key"] == key:
                    return x["id"]
        raise KeyError(key)

    def dump(self):
        head = {"workspace": {"id": uuid_of("workspace", 1), "name": "Testbetrieb", "url": "testbetrieb"}, "clock": self.clock,
                "apiUser": self.id(self.api_user), "tokens": self.tokens, "typesOfWork": self.types, "companies": self.companies,
                "users": self.users, "projects": self.projects, "tasks": self.tasks, "entries": self.entries}
        return json.dumps(head, ensure_ascii=False)


DURATIONS = (900, 1234, 3600, 5400, 59, 7261, 1800, 2700, 4501, 86, 9999, 3599)


def small_month(entries=24, companies=2, month="2026-10", **kinds):
    """Companies with two projects of two tasks each, entries spread over the month with uneven durations; all of them billable."""
    ws = Workspace(**kinds)
    second = ws.user("Bruno", "Testmann")
    other = ws.type("Beratung")
    tasks = []
    for c in range(companies):
        company = ws.company(("Nordlicht GmbH", "Söhne & Töchter KG", "Alpenblick AG", "Zeitwerk SE", "Drei Bohnen OHG")[c % 5] + (f" {c}" if c > 4 else ""))
        for p in range(2):
            project = ws.project(f"Projekt {c + 1}{'AB'[p]}", company)
            for t in range(2):
                tasks.append(ws.task(f"Aufgabe {c + 1}{'AB'[p]}{t + 1}", project))
    for i in range(entries):
        ws.entry(f"{month}-{i % 28 + 1:02d}", DURATIONS[i % len(DURATIONS)], task=tasks[i % len(tasks)],
                 user=second if i % 3 == 0 else ws.plain_user, type=other if i % 5 == 0 else ws.default_type,
                 **({"note": f"Notiz {i}"} if i % 2 else {}))
    return ws
