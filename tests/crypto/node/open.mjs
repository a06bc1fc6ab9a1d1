// A second implementation of docs/encryption.md, written from that page alone. Reads from standard input
// {"root_keys": text of the keyring, "keys", "ideas", "versions", "trash", "prunings", "segments", "checkpoints",
// "results": rows as JSON; bytes in hexadecimal, revisions and stamps as decimal strings, times in RFC 3339 with microseconds, or ±infinity}.
// Writes what it has opened in the same order to standard output; {"error": …} for a row that does not open.
import { createDecipheriv, createHash, createHmac, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";

// Notation

const utf8 = (text) => Buffer.from(text, "utf8");
const uuid = (text) => Buffer.from(text.replaceAll("-", ""), "hex");

function integer(bytes, value) {
  return Buffer.from(BigInt.asUintN(8 * bytes, BigInt(value)).toString(16).padStart(2 * bytes, "0"), "hex");
}

function context(...parts) {
  return Buffer.concat(parts.flatMap((part) => [integer(4, part.length), part]));
}

function time(text) {
  if (text === null) return Buffer.alloc(0);
  const [, seconds, digits = ""] = /^(.*?\d)(?:\.(\d+))?(?:Z|\+00:00)$/.exec(text);
  const milliseconds = Date.parse(`${seconds}Z`);
  if (Number.isNaN(milliseconds)) throw new Error("not a time");
  return integer(8, BigInt(milliseconds) * 1000n + BigInt(digits.padEnd(6, "0")));
}

const INFINITIES = { "-infinity": "0001-01-01T00:00:00Z", infinity: "9999-12-31T23:59:59.999999Z" };
const due = (text) => time(INFINITIES[text] ?? text);

// Keys

function rootKeyring(text) {
  const entries = text.split(/[\s,]+/).filter(Boolean).map((entry) => {
    const at = entry.indexOf(":");
    return [entry.slice(0, at), Buffer.from(entry.slice(at + 1), "base64")]; // Node accepts both alphabets
  });
  return new Map(entries);
}

function decrypt(key, nonce, sealed, additional) {
  const decipher = createDecipheriv("aes-256-gcm", key, nonce);
  decipher.setAuthTag(sealed.subarray(-16));
  decipher.setAAD(additional);
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

function unwrapped(roots, row) {
  const wrapped = Buffer.from(row.wrapped, "hex");
  if (wrapped.length !== 62 || wrapped[0] !== 1 || wrapped[1] !== 1) throw new Error("not a wrap");
  const root = roots.get(row.root_key_id);
  if (!root) throw new Error("lost root key");
  const bound = context(
    ...[utf8("creatorvault/vault-key/v1"), uuid(row.tenant_id), utf8(row.user_id), integer(4, row.version)],
    ...[integer(8, row.first_revision), utf8(row.root_key_id)],
  );
  return decrypt(root, wrapped.subarray(2, 14), wrapped.subarray(14), Buffer.concat([wrapped.subarray(0, 2), bound]));
}

const purpose = (key, name) => Buffer.from(hkdfSync("sha256", key, Buffer.alloc(0), `creatorvault/v1/${name}`, 32));

class Vaults {
  constructor(roots, rows) {
    [this.keys, this.carried] = [new Map(), new Map()];
    for (const row of rows.toSorted((one, other) => one.version - other.version)) {
      const versions = this.keys.get(nameOf(row)) ?? new Map();
      this.keys.set(nameOf(row), versions.set(row.version, unwrapped(roots, row)));
      this.carried.set(nameOf(row), row.carried);
    }
  }

  open(row, hex, name, bound) {
    const sealed = Buffer.from(hex, "hex");
    if (sealed.length < 34 || sealed[0] !== 1 || sealed[1] !== 1) throw new Error("not an envelope");
    const key = this.keys.get(nameOf(row))?.get(sealed.readUInt32BE(2));
    if (!key) throw new Error("lost key");
    const additional = Buffer.concat([sealed.subarray(0, 6), bound]);
    return decrypt(purpose(key, name), sealed.subarray(6, 18), sealed.subarray(18), additional);
  }

  names(row) {
    const [versions, carried] = [this.keys.get(nameOf(row)), this.carried.get(nameOf(row))];
    const [oldest, newest] = [Math.min(...versions.keys()), Math.max(...versions.keys())];
    if (!carried) return purpose(versions.get(oldest), "names");
    const vault = [uuid(row.tenant_id), utf8(row.user_id)];
    const bound = context(utf8("creatorvault/carried/v1"), ...vault, integer(4, newest));
    return Buffer.from(json(this.open(row, carried, "carried", bound)).names, "base64");
  }
}

const nameOf = (row) => `${row.tenant_id} ${row.user_id}`;
const json = (bytes) => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));

// What each value is bound to

const STAGES = ["idea", "outline", "draft", "published"];
const PRIORITIES = ["low", "medium", "high"];

function idea(vaults, row) {
  const [stamped, placed, until] = [row.stamp !== "0", row.previous !== null, row.previous_until ?? null];
  if (!placed && row.number !== 1) throw new Error("not the first version");
  const value = (column) =>
    json(vaults.open(row, row[column], "ideas", context(
      ...[utf8(`creatorvault/idea/v${stamped ? (placed ? 3 : 2) : 1}`), uuid(row.tenant_id), utf8(row.user_id)],
      ...[utf8(column), uuid(row.id), integer(8, stamped ? row.stamp : row.revision)],
      ...[integer(2, row.stage), integer(2, row.priority), due(row.due_date)],
      ...[time(row.created_at), time(row.updated_at)],
      ...(placed ? [integer(4, row.number), integer(8, row.previous)] : []), ...(until ? [time(until)] : []),
    )));
  const [stage, priority] = [STAGES[row.stage], PRIORITIES[row.priority]];
  return { id: row.id, title: value("title"), notes: value("notes"), tags: value("tags"), stage, priority };
}

function trashed(vaults, row) {
  const vault = [utf8("creatorvault/deletion/v1"), uuid(row.tenant_id), utf8(row.user_id), uuid(row.id)];
  const version = [integer(4, row.number), integer(8, row.stamp), time(row.deleted_at)];
  vaults.open(row, row.deletion, "ideas", context(...vault, ...version));
  return idea(vaults, row);
}

function pruning(vaults, row) {
  const bound = [utf8("creatorvault/pruning/v1"), uuid(row.tenant_id), utf8(row.user_id), time(row.pruned_until)];
  return json(vaults.open(row, row.sealed, "checkpoints", context(...bound)));
}

function segment(vaults, row) {
  const plaintext = vaults.open(row, row.sealed, "segments", context(
    ...[utf8("creatorvault/segment/v2"), uuid(row.tenant_id), utf8(row.user_id)],
    ...[integer(8, row.first_revision), integer(8, row.last_revision), integer(4, row.ideas), utf8(row.folding)],
  ));
  const [, ids, stamps, ends, texts, bodies] = messagePack(plaintext.subarray(4, 4 + plaintext.readUInt32BE(0)));
  if (ends.length !== row.ideas || ids.length !== 16 * row.ideas || stamps.length !== 8 * row.ideas) {
    throw new Error("its parts are not of the same ideas");
  }
  return messagePack(bodies).map((body, place) => ({
    ...json(body),
    stamp: stamps.readBigUInt64BE(8 * place).toString(),
    text: texts.subarray(place ? ends[place - 1] : 0, ends[place]).toString(),
  }));
}

function checkpoint(vaults, row, ideas) {
  const bound = [utf8("creatorvault/checkpoint/v1"), uuid(row.tenant_id), utf8(row.user_id), integer(8, row.revision)];
  const stated = json(vaults.open(row, row.sealed, "checkpoints", context(...bound)));
  if (stated.ideas !== row.ideas || stated.digest !== row.digest) throw new Error("its columns differ");
  const own = ideas.filter((other) => nameOf(other) === nameOf(row));
  own.sort((one, other) => (BigInt(one.revision) < BigInt(other.revision) ? -1 : 1));
  const parts = [...own.map((each) => uuid(each.id)), ...own.map((each) => integer(8, each.stamp))];
  const digest = createHash("sha256").update(Buffer.concat([integer(8, own.length), ...parts])).digest("hex");
  return { ...stated, is_of_the_ideas: stated.ideas === own.length && stated.digest === digest };
}

function result(vaults, row) {
  const name = Buffer.from(row.name, "hex");
  const bound = [utf8("creatorvault/idempotency/v2"), uuid(row.tenant_id), utf8(row.user_id), name, time(row.expires_at)];
  const opened = json(vaults.open(row, row.answer, "idempotency", context(...bound)));
  const own = createHmac("sha256", vaults.names(row)).update(utf8(row.idempotency_key)).digest();
  return { ...opened, is_of_the_key: own.equals(name) };
}

// MessagePack: integers, byte strings and lists

function messagePack(bytes) {
  let at = 0;
  const number = (size) => Number(BigInt(`0x${take(size).toString("hex")}`));
  const list = (length) => Array.from({ length }, next);
  function take(size) {
    if (at + size > bytes.length) throw new Error("MessagePack ends too early");
    return bytes.subarray(at, (at += size));
  }
  function next() {
    const type = number(1);
    if (type < 0x80) return type;
    if (type >= 0x90 && type < 0xa0) return list(type - 0x90);
    if (type >= 0xc4 && type <= 0xc6) return take(number(1 << (type - 0xc4)));
    if (type >= 0xcc && type <= 0xcf) return number(1 << (type - 0xcc));
    if (type === 0xdc || type === 0xdd) return list(number(type === 0xdc ? 2 : 4));
    throw new Error(`MessagePack type ${type}`);
  }
  const value = next();
  if (at !== bytes.length) throw new Error("MessagePack goes on");
  return value;
}

const attempt = (open) => (row) => {
  try {
    return open(vaults, row, given.ideas);
  } catch (error) {
    return { error: error.message };
  }
};

const given = JSON.parse(readFileSync(0, "utf8"));
const vaults = new Vaults(rootKeyring(given.root_keys), given.keys);
const copies = { segments: segment, checkpoints: checkpoint, results: result };
const kinds = { ideas: idea, versions: idea, trash: trashed, prunings: pruning, ...copies };
const opened = Object.entries(kinds).map(([kind, open]) => [kind, given[kind].map(attempt(open))]);
process.stdout.write(JSON.stringify(Object.fromEntries(opened)));
