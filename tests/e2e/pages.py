"""A page (report.html) as its reader gets it."""

import html.parser
import os
import xml.etree.ElementTree

from harness import check, equal

VOID = {"meta", "br", "rect", "line", "link", "img", "input", "hr"}
ALLOWED = {"html", "head", "meta", "title", "style", "script", "body", "header", "main", "footer", "nav", "section", "div", "p", "span", "a", "h1", "h2", "h3", "dl", "dt", "dd", "ul",
           "li", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "figure", "figcaption", "svg", "desc", "rect", "line", "text"}


class Page(html.parser.HTMLParser):
    """A page as its reader gets it: tables by key, figures by key, texts; nothing in it that runs or loads beside the two inline parts."""

    def __init__(self, path):
        super().__init__()
        self.tables, self.figures, self.stack, self.text, self.ids, self.links, self.attributes = {}, {}, [], [], [], [], []
        self.scripts = self.styles = 0
        self.row = self.cell = self.table = None
        with open(path, encoding="utf-8") as f:
            self.source = f.read()
        xml.etree.ElementTree.fromstring(self.source)  # well-formed for the strictest of readers, too
        self.feed(self.source)
        self.close()
        equal(self.stack, [], f"{path}: elements that are not closed")
        equal(len(self.ids), len(set(self.ids)), f"{path}: ids")
        equal((self.scripts, self.styles), (1, 1), f"{path}: scripts and style sheets")
        for link in self.links:
            if link.startswith("#"):
                check(link[1:] in self.ids, f"{path}: {link} leads nowhere")
            else:
                check(os.path.exists(os.path.join(os.path.dirname(path), link)), f"{path}: {link} is not there")

    def handle_starttag(self, tag, attrs):
        check(tag in ALLOWED, f"element {tag}")
        a = dict(attrs)
        for name in a:
            check(not name.startswith("on") and name not in ("style", "src", "action"), f"attribute {name} of {tag}")
        self.attributes += a.values()
        if "id" in a:
            self.ids.append(a["id"])
        if "href" in a:
            self.links.append(a["href"])
        if "data-state" in a:
            self.state = a["data-state"]
        self.scripts += tag == "script"
        self.styles += tag == "style"
        if tag == "html":
            self.language = a["lang"]
        if tag == "dl":
            self.currency = a.get("data-currency")
        if tag == "dd" and "data-key" in a:
            self.figures[a["data-key"] + (" " + self.currency if self.currency else "")] = int(a["data-v"])
        if tag == "table":
            self.table = self.tables[a["data-key"]] = {"head": [], "rows": [], "sums": []}
        if tag == "tr":
            self.row = []
        if tag in ("th", "td"):
            self.cell = dict(a, text="")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        equal(self.stack.pop(), tag, "end tag")
        if tag in ("th", "td"):
            self.row.append(self.cell)
            self.cell = None
        if tag == "tr":
            part = {"thead": "head", "tbody": "rows", "tfoot": "sums"}[self.stack[-1]]
            self.table[part].append(self.row)

    def handle_data(self, data):
        if self.stack and self.stack[-1] in ("script", "style"):
            return
        if self.cell is not None:
            self.cell["text"] += data
        self.text.append(data)

    def words(self):
        return " ".join(self.text)

    def rows(self, key, part="rows"):
        """Cells as the whole numbers they are sorted by, days and texts."""
        return [[int(c["data-v"]) if "data-v" in c else c.get("data-day", c["text"]) for c in row] for row in self.tables[key][part]]

    def data(self, key, name):
        return [row[0].get(name) for row in self.tables[key]["rows"]]
