// Turns src/generated/*.json (from the Python models) into the TypeScript types of the client contract and of the API.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";
import openapiTS, { astToString } from "openapi-typescript";

const folder = process.argv[2];
const banner = "// Generated from the Python models by `npm run generate`. Change those, not this file.\n";

/** A titled alias per property makes json-schema-to-typescript emit numbered duplicates: only models keep their titles. */
function withoutFieldTitles(node) {
  if (Array.isArray(node)) return node.map(withoutFieldTitles);
  if (node === null || typeof node !== "object") return node;
  const out = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === "title" && typeof value === "string" && node.type !== "object") continue;
    if (key === "discriminator") continue;
    out[key] = withoutFieldTitles(value);
  }
  // A constant is always sent, and nothing outside the contract is.
  if (out.properties && out.type === "object") {
    const constants = Object.keys(out.properties).filter((name) => out.properties[name].const !== undefined);
    out.required = [...new Set([...(out.required ?? []), ...constants])];
    out.additionalProperties = false;
  }
  return out;
}

const contract = withoutFieldTitles(JSON.parse(await readFile(`${folder}/client-contract.schema.json`, "utf8")));
contract.anyOf = Object.keys(contract.$defs).map((name) => ({ $ref: `#/$defs/${name}` })); // every model becomes a type
const types = await compile(contract, "ClientContract", {
  bannerComment: banner,
  format: false,
  unreachableDefinitions: true,
  declareExternallyReferenced: true,
});
await writeFile(`${folder}/client-contract.ts`, types);

const api = JSON.parse(await readFile(`${folder}/openapi.json`, "utf8"));
await writeFile(`${folder}/openapi.ts`, banner + astToString(await openapiTS(api)));
