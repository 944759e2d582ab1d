// Says which features of a page mail programs do not know. Usage: node caniemail.mjs PAGE CLIENT …
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

const [page, ...clients] = process.argv.slice(2);
const { issues } = caniemail({ clients, html: readFileSync(page, "utf8") });
const titles = (client) => [...new Set((issues.errors.get(client) ?? []).map((issue) => issue.title))].sort();
console.log(JSON.stringify(Object.fromEntries(clients.map((client) => [client, titles(client)]))));
