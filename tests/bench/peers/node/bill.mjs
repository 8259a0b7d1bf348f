// The month billed with fetch and exceljs' streaming writer.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import ExcelJS from 'exceljs';

const { AWORK_URL: url, AWORK_TOKEN: token, OUT: out } = process.env;
const RATE = 95, WORKERS = 8;
const before = "startDateLocal lt datetime'2026-11-01T00:00:00'";
const open = `isBillable eq true and isBilled eq false and ${before}`;
const done = `isBillable eq true and isBilled eq true and ${before}`;
const headers = { Authorization: `Bearer ${token}` };

async function page(path, number, filterby) {
  const q = new URLSearchParams({ page: number, pageSize: 1000, orderby: 'createdOn,id', filterby });
  const r = await fetch(`${url}${path}?${q}`, { headers });
  if (!r.ok) throw new Error(`${path}: ${r.status}`);
  return { total: Number(r.headers.get('aw-totalitems')), rows: await r.json() };
}

// All jobs, a few at a time.
async function each(jobs, work) {
  const next = jobs[Symbol.iterator]();
  await Promise.all(Array.from({ length: WORKERS }, async () => {
    for (let j = next.next(); !j.done; j = next.next()) await work(j.value);
  }));
}

async function all(path, filterby, take) {
  const first = await page(path, 1, filterby);
  first.rows.forEach(take);
  const rest = Array.from({ length: Math.max(0, Math.ceil(first.total / 1000) - 1) }, (_, i) => i + 2);
  await each(rest, async n => (await page(path, n, filterby)).rows.forEach(take));
}

const cell = v => { const s = v == null ? '' : String(v); return /[",\n\r]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s; };
const columns = ['id', 'company', 'project', 'task', 'user', 'type', 'date', 'note', 'seconds', 'hours', 'net'];

async function write(company, rows, number) {
  const name = join(out, `${String(number).padStart(3, '0')}_${company.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 40)}`);
  rows.sort((a, b) => (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : a[6] < b[6] ? -1 : a[6] > b[6] ? 1 : 0));
  const csv = createWriteStream(`${name}.csv`);
  csv.write(columns.join(',') + '\n');
  const book = new ExcelJS.stream.xlsx.WorkbookWriter({ filename: `${name}.xlsx`, useStyles: false, useSharedStrings: false });
  const sheet = book.addWorksheet('Leistungen');
  sheet.addRow(columns).commit();
  for (const r of rows) {
    sheet.addRow(r).commit();
    if (!csv.write(r.map(cell).join(',') + '\n')) await once(csv, 'drain');
  }
  sheet.commit();
  await book.commit();
  csv.end();
  await once(csv, 'finish');
}

const companies = new Map();
const ids = [];
const seen = new Set();
await all('/timeentries', open, x => {
  const company = x.project?.company?.name;
  if (!company || !(x.duration > 0) || x.isExternal || seen.has(x.id)) return;
  seen.add(x.id);
  const hours = Math.round(x.duration / 36) / 100;
  const row = [x.id, company, x.project.name, x.task?.name, `${x.user?.firstName ?? ''} ${x.user?.lastName ?? ''}`.trim(), x.typeOfWork?.name,
    x.startDateLocal?.slice(0, 10), x.note, x.duration, hours, Math.round(hours * RATE * 100) / 100];
  if (!companies.has(company)) companies.set(company, []);
  companies.get(company).push(row);
  ids.push(x.id);
});
let number = 0;
for (const company of [...companies.keys()].sort()) {
  await write(company, companies.get(company), ++number);
  companies.delete(company);
}
const chunks = [];
for (let i = 0; i < ids.length; i += 1000) chunks.push(ids.slice(i, i + 1000));
let marked = 0;
await each(chunks, async chunk => {
  const r = await fetch(`${url}/timeentries/batch/setIsBilled`, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ timeEntryIds: chunk, isBilled: true }) });
  if (!r.ok) throw new Error(`mark: ${r.status}`);
  const n = (await r.json()).ok?.ids?.length ?? 0;
  marked += n;
});
await all('/timeentries/simplified', done, x => seen.delete(x.id));
if (marked !== ids.length || seen.size > 0) throw new Error(`${marked} of ${ids.length} marked, ${seen.size} not billed`);
console.log('billed', ids.length);
