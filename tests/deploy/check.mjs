// Checks Kubernetes manifests against the schemas of their owner: node check.mjs FILE…
// Prints one line for each mistake; exit 1 when there is one.
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

const located = (name) => fileURLToPath(import.meta.resolve(name));
const mistakes = [];
const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: node check.mjs FILE…");
  process.exit(2);
}
for (const file of files) {
  await check(file);
}
for (const mistake of mistakes) {
  console.log(mistake);
}
process.exit(mistakes.length === 0 ? 0 : 1);

async function check(file) {
  for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
    for (const error of document.errors) {
      mistakes.push(`${file}: ${error.message}`);
    }
    const resource = document.toJS();
    if (resource.apiVersion?.startsWith("kustomize.")) {
      continue;
    }
    const where = `${file}: ${resource.kind} ${resource.metadata?.name}`;
    const module = `kubernetes-models/${resource.apiVersion}/${resource.kind}`;
    let model;
    try {
      model = (await import(module))[resource.kind];
    } catch {
      mistakes.push(`${where}: there is no ${resource.apiVersion} ${resource.kind}`);
      continue;
    }
    try {
      new model(resource).validate();
    } catch (error) {
      mistakes.push(`${where}: ${error.message}`);
    }
    // The schema lets unknown names pass; the interfaces name all that there are.
    checkNames(where, resource, interfaceOf(located(module).replace(/\.js$/, ".d.ts")));
  }
}

/** The properties of the interface that a declaration file is about: name -> the file of its type, or null for plain ones. */
function interfaceOf(declaration) {
  const text = readFileSync(declaration, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\n\s*(?=\n)/g, "");
  const imports = new Map();
  for (const [, name, from] of text.matchAll(/import \{ (\w+) \} from "([^"]+)";/g)) {
    imports.set(name, from);
  }
  const body = /export interface \w+(?: extends \w+)? \{([\s\S]*?)\n\}/.exec(text)?.[1];
  if (body === undefined) {
    return null;
  }
  const properties = new Map();
  for (const [, name, type] of body.matchAll(/\n {4}"?([\w$-]+)"?\??: ([\s\S]*?);(?=\n {4}["\w]|\s*$)/g)) {
    const used = [...type.matchAll(/\bI\w+/g)].map((m) => m[0]).find((n) => imports.has(n));
    const map = type.includes("[key: string]");
    // A type that is written out in place has no file; the schema alone judges it.
    const file = used && (map || !type.includes("{")) ? resolve(declaration, imports.get(used)) : null;
    properties.set(name, { map, file });
  }
  return properties;
}

function resolve(from, name) {
  const plain = name.replace(/\.js$/, "");
  return plain.startsWith(".") ? `${path.resolve(path.dirname(from), plain)}.d.ts` : located(plain).replace(/\.js$/, ".d.ts");
}

function checkNames(where, value, properties) {
  if (properties === null || value === null || typeof value !== "object") {
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    const property = properties.get(name);
    if (property === undefined) {
      mistakes.push(`${where}: nothing is called ${name} there`);
    } else if (property.file !== null) {
      const below = interfaceOf(property.file);
      const items = Array.isArray(inner) ? inner : property.map ? Object.values(inner) : [inner];
      items.forEach((item, i) => checkNames(`${where}.${name}${items.length > 1 ? `[${i}]` : ""}`, item, below));
    }
  }
}
