#!/usr/bin/env python3
"""The pages in headless Chromium: what it complains of, contrast, width, keyboard, without scripts, on paper. usage: check.py BUILD-FOLDER
Pictures of each page go to BUILD-FOLDER/pages, to be looked at."""

import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), HERE]

import harness  # noqa: E402
from chromium import Chromium  # noqa: E402
from harness import SAMPLE, check, equal  # noqa: E402
from test_output import hostile_month  # noqa: E402
from workspace import Workspace, small_month  # noqa: E402

WIDTHS, SCHEMES = (1280, 390), ("light", "dark")

# Every visible text against what is painted behind it (WCAG 2.1, 1.4.3); text on a picture's own ground counts as on the page's.
CONTRAST = """(() => {
const rgb = s => { const m = s.match(/[\\d.]+/g).map(Number); return m.length > 3 && m[3] === 0 ? null : m; };
const lum = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c) return c; } return [255, 255, 255]; };
const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const out = []; let n = 0, least = 99;
const look = (e, style, text) => {
  const c = rgb(e instanceof SVGElement ? style.fill : style.color), r = c ? ratio(c, ground(e)) : 0;
  n++; least = Math.min(least, r);
  if (r < 4.5) out.push(text.trim().slice(0, 40) + ' ' + r.toFixed(2));
};
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const e = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || ['SCRIPT', 'STYLE', 'title', 'desc'].includes(e.tagName)) continue;
  look(e, getComputedStyle(e), walk.currentNode.data);
}
document.querySelectorAll('button').forEach(b => look(b, getComputedStyle(b, '::after'), 'mark of ' + b.textContent));
return { n, least, out: out.slice(0, 10) };
})()"""

WIDE = """(() => {
const wide = document.documentElement.scrollWidth - innerWidth, out = [];
document.querySelectorAll('body *').forEach(e => {
  if (e.closest('.scroll > table') || e.closest('.skip') || e.closest('svg')) return;
  const r = e.getBoundingClientRect();
  if (r.width > 0 && (r.right > innerWidth + 1 || r.left < -1)) out.push(e.tagName + '.' + e.className + ' ' + Math.round(r.right));
});
return { wide, out: out.slice(0, 5) };
})()"""

# Names, headings and pictures for those who do not see them.
NAMES = """(() => {
const out = [], levels = [...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1]);
levels.forEach((l, i) => { if (i > 0 && l > levels[i - 1] + 1) out.push('heading levels ' + levels); });
if (levels.filter(l => l === 1).length !== 1) out.push('h1');
document.querySelectorAll('svg').forEach(s => { if (s.getAttribute('role') !== 'img' || !s.getAttribute('aria-labelledby').split(' ').every(i => document.getElementById(i).textContent)) out.push('svg'); });
document.querySelectorAll('table').forEach(t => { if (!t.caption.textContent || [...t.tHead.rows[0].cells].some(c => c.scope !== 'col')) out.push('table ' + t.dataset.key); });
document.querySelectorAll('input').forEach(i => { if (!i.labels.length) out.push('input'); });
document.querySelectorAll('a,button').forEach(a => { if (!a.textContent.trim()) out.push(a.outerHTML); });
return out;
})()"""


def make_pages(t):
    """name -> path"""
    pages = {}
    for language in ("de", "en"):
        sb, p = t.both(SAMPLE, {"billing": {"language": language, "round_mode": "up", "round_minutes": "15"}})
        p.run("--release", "day", code=0)
        pages[f"run-{language}"] = os.path.join(p.folder(), "report.html")
        first = p.csv("entries.csv")
        sb.edit({"op": "set", "id": first[0]["entry_id"], "set": {"dur": 12000}, "by": "u02"}, {"op": "delete", "id": first[1]["entry_id"]})
        p.command("reconcile", "--period", "2026-10", code=3)
        pages[f"reconcile-{language}"] = os.path.join(p.out, "reconcile", "2026-10", "report.html")
    _, p = t.both(hostile_month())
    p.run("--dry-run", code=0)
    pages["hostile"] = os.path.join(p.draft(), "report.html")
    _, p = t.both(Workspace())
    p.run("--dry-run", code=0)
    pages["empty"] = os.path.join(p.draft(), "report.html")
    _, p = t.both(small_month(40, 5, month="2026-09"))
    p.run("--period", "2026-09", code=0)
    p.run("--period", "2026-10", "--dry-run", code=0)
    pages["before"] = os.path.join(p.draft(), "report.html")
    return pages


def looks(b, name, path, out):
    least = 21.0
    for scheme in SCHEMES:
        for width in WIDTHS:
            what = f"{name}, {width} px, {scheme}"
            b.show(path, width, scheme)
            equal(b.complaints(), [], f"{what}: complaints")
            wide = b.eval(WIDE)
            check(wide["wide"] <= 0 and not wide["out"], f"{what}: wider than the window: {wide}")
            contrast = b.eval(CONTRAST)
            check(contrast["n"] > 20 and not contrast["out"], f"{what}: contrast below 4.5: {contrast}")
            least = min(least, contrast["least"])
            equal(b.eval(NAMES), [], f"{what}: names")
            b.picture(os.path.join(out, f"{name}-{width}-{scheme}.png"))
    return least


def keyboard(b, path):
    """Sorting and filtering with keys alone; the focus can be seen."""
    b.show(path, 1280)
    for _ in range(400):
        b.key("Tab", 9)
        if b.eval("document.activeElement.matches('table[data-key=customers] th:nth-child(6) button')"):
            break
    else:
        raise AssertionError("the Tab key does not reach the heading of a column")
    outline = b.eval("getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth")
    equal(outline, "solid3px", "outline of what has the focus")
    column = "[...document.querySelector('table[data-key=customers]').tBodies[0].rows].map(r => +r.cells[5].dataset.v)"
    for key, code, text, way in (("Enter", 13, "\r", "descending"), (" ", 32, " ", "ascending")):
        b.key(key, code, text)
        equal(b.eval("document.activeElement.closest('th').getAttribute('aria-sort')"), way, f"aria-sort after {key!r}")
        values = b.eval(column)
        equal(values, sorted(values, reverse=way == "descending"), f"rows after {key!r}")
    b.eval("document.querySelector('table[data-key=held]').closest('section').querySelector('.filter input').focus()")
    b.type("Nordlicht Brauhaus")
    shown = "[...document.querySelector('table[data-key=held]').tBodies[0].rows].filter(r => !r.hidden)"
    n, all_rows = b.eval(shown + ".length"), b.eval("document.querySelector('table[data-key=held]').tBodies[0].rows.length")
    check(0 < n < all_rows and b.eval(shown + ".every(r => r.textContent.includes('Nordlicht Brauhaus'))"), f"the filter leaves {n} of {all_rows} rows")
    check(str(n) in b.eval("document.querySelector('table[data-key=held]').closest('section').querySelector('.filter output').textContent"), "the filter does not say what it shows")
    # A table that is wider than its place is scrolled by keys.
    b.show(path, 390)
    b.eval("document.querySelector('table[data-key=customers]').parentElement.focus()")
    for _ in range(5):
        b.key("ArrowRight", 39)
    b.eval("new Promise(r => setTimeout(r, 400))")
    check(b.eval("document.querySelector('table[data-key=customers]').parentElement.scrollLeft") > 0, "a wide table does not scroll by keys")
    equal(b.complaints(), [], "complaints")


def run_number(b, pages):
    """Read off the folder's name: of an issued run only, and not without scripts."""
    for name, script, wanted in (("run-de", True, "R0001"), ("run-de", False, ""), ("hostile", True, "")):
        b.show(pages[name], 1280, script=script)
        root = b.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        node = b.call("DOM.querySelector", nodeId=root, selector="#run")["nodeId"]
        html = b.call("DOM.getOuterHTML", nodeId=node)["outerHTML"]
        equal(("hidden" in html, f"<dd>{wanted}</dd>" in html), (wanted == "", True), f"{name}, scripts {script}: {html}")
    b.call("Emulation.setScriptExecutionDisabled", value=False)


def without_scripts(b, path, out):
    """All that stands there is there: no row, no section is missing, and nothing that only a script could move."""
    b.show(path, 1280)
    count = "[document.querySelectorAll('tbody tr').length, document.querySelectorAll('section').length, document.body.innerText.length > 1000]"
    with_script = b.eval(count)
    b.show(path, 1280, script=False)
    root = b.call("DOM.getDocument", depth=0)["root"]["nodeId"]

    def nodes(selector):
        return b.call("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]

    equal([len(nodes("tbody tr")), len(nodes("section")), True], with_script, "rows and sections without scripts")
    equal((len(nodes("button")), len(nodes("input"))), (0, 0), "buttons and fields without scripts")
    for node in nodes("section"):
        check(b.call("DOM.getBoxModel", nodeId=node)["model"]["height"] > 40, "a section without scripts has no height")
    b.picture(os.path.join(out, "without-scripts.png"), height=1600)
    b.call("Emulation.setScriptExecutionDisabled", value=False)


def policy(b, path):
    """What gets into the page all the same neither runs nor styles nor loads."""
    b.show(path, 1280)
    b.eval("""(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);
        const y = document.createElement('style'); y.textContent = 'h1{color:rgb(1,2,3)}'; document.head.append(y);
        const i = document.createElement('img'); i.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='; i.id = 'loaded'; document.body.append(i);
        document.querySelector('h1').setAttribute('style', 'color:rgb(1,2,3)'); })()""")
    b.eval("new Promise(r => setTimeout(r, 200))")
    equal(b.eval("window.ran === undefined && getComputedStyle(document.querySelector('h1')).color !== 'rgb(1, 2, 3)' && document.getElementById('loaded').naturalWidth === 0"), True,
          "what the policy keeps out")
    check(len(b.complaints()) >= 4, f"the policy was not heard of: {b.complaints()}")


def paper(b, pages, out):
    """Printed on A4: black on white whatever the screen's scheme is, no controls, no table wider than the sheet."""
    for name, path in pages.items():
        b.show(path, 1016, "dark")  # 269 mm between the margins
        b.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        equal(b.eval("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)", f"{name}: paper")
        contrast = b.eval(CONTRAST)
        check(not contrast["out"], f"{name}: contrast on paper below 4.5: {contrast}")
        equal(b.eval("[...document.querySelectorAll('nav, .filter')].filter(x => x.getClientRects().length).length"), 0, f"{name}: controls on paper")
        wide = b.eval("[...document.querySelectorAll('table')].filter(t => t.getBoundingClientRect().right > innerWidth + 1).map(t => t.dataset.key + ' ' + Math.round(t.getBoundingClientRect().right) + ' ' + [...t.rows[1].cells].map(c => Math.round(c.getBoundingClientRect().width)))")
        check(name == "hostile" or not wide, f"{name}: tables wider than the sheet: {wide}")
        b.pdf(os.path.join(out, f"{name}.pdf"))


def main():
    build = os.path.abspath(sys.argv[1])
    out = os.path.join(build, "pages")
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    t = harness.Test(build, "page")
    b = None
    passed = failed = 0
    try:
        pages = make_pages(t)
        b = Chromium()
        b.tab()
        checks = [(f"looks of {n}", lambda n=n, p=p: looks(b, n, p, out)) for n, p in pages.items()]
        checks += [("keyboard", lambda: keyboard(b, pages["run-de"])), ("without scripts", lambda: without_scripts(b, pages["run-de"], out)), ("policy", lambda: policy(b, pages["run-en"])), ("number of the run", lambda: run_number(b, pages)),
                   ("paper", lambda: paper(b, pages, out))]
        for name, f in checks:
            try:
                least = f()
                passed += 1
                print(f"ok {name}" + (f", least contrast {least:.2f}" if isinstance(least, float) else ""))
            except (AssertionError, RuntimeError, TimeoutError) as e:
                failed += 1
                print(f"FAILED {name}: {e}")
    finally:
        if b is not None:
            b.close()
        t.close()
    print(f"pictures in {out}\npage: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
