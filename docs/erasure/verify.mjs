// Verifies a receipt of an erasure offline: node verify.mjs RECEIPT_FILE JWKS_FILE
// The format is described in ../erasure.md. It needs Node 18 or newer, and nothing else.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const fail = (reason) => {
  console.error(`The receipt is not valid: ${reason}`);
  process.exit(1);
};
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const bytes = (text, encoding) => {
  const decoded = Buffer.from(text, encoding);
  if (decoded.toString(encoding) !== text) fail('a value has another encoding');
  return decoded;
};

// The JWS (RFC 7515) with EdDSA (RFC 8037). Each byte counts: no other spelling of the same value is accepted.
function signedContent(text, keys) {
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]+)\n?$/.exec(text);
  if (!parts) fail('this is not a compact JWS');
  const header = JSON.parse(bytes(parts[1], 'base64url'));
  if (header.alg !== 'EdDSA' || header.typ !== 'erasure-receipt+jws') fail('this is not a receipt');
  const key = keys.find(({ kid }) => kid === header.kid);
  if (!key) fail('none of the keys has signed it');
  const thumbprint = sha256(Buffer.from(JSON.stringify({ crv: key.crv, kty: key.kty, x: key.x })));
  if (thumbprint.toString('base64url') !== key.kid) fail("the key's id is not its thumbprint (RFC 7638)");
  const content = Buffer.from(`${parts[1]}.${parts[2]}`);
  const publicKey = createPublicKey({ key: { kty: key.kty, crv: key.crv, x: key.x }, format: 'jwk' });
  if (!verify(null, content, publicKey, bytes(parts[3], 'base64url'))) fail('the signature does not match');
  return JSON.parse(bytes(parts[2], 'base64url'));
}

// RFC 9162 §2.1.3.2
function isIncluded({ index, leaf, path }, { size, root }) {
  let [place, last] = [index, size - 1];
  if (!Number.isSafeInteger(place) || place < 0 || place > last) return false;
  let node = sha256(Buffer.from([0]), bytes(leaf, 'hex'));
  for (const text of path) {
    const sibling = bytes(text, 'hex');
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      node = sha256(Buffer.from([1]), sibling, node);
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
    } else {
      node = sha256(Buffer.from([1]), node, sibling);
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  return last === 0 && node.equals(bytes(root, 'hex'));
}

// In a sorted tree, a value between two neighbours, before the first or after the last one is missing.
function isAbsent(roster) {
  const { size, root, target, neighbours } = roster;
  const [before, after] = neighbours;
  bytes(target, 'hex');
  if (size === 0) return neighbours.length === 0 && root === sha256().toString('hex');
  if (!neighbours.every((neighbour) => isIncluded(neighbour, roster))) return false;
  if (neighbours.length === 2) {
    return before.index + 1 === after.index && before.leaf < target && target < after.leaf;
  }
  if (neighbours.length !== 1) return false;
  return (before.index === 0 && target < before.leaf) || (before.index === size - 1 && before.leaf < target);
}

try {
  const [receiptFile, keysFile] = process.argv.slice(2);
  const receipt = signedContent(readFileSync(receiptFile, 'latin1'), JSON.parse(readFileSync(keysFile, 'utf8')).keys);
  if (!isAbsent(receipt.roster)) fail('the roster does not show that the vault is missing');
  console.log(JSON.stringify(receipt, null, 2));
} catch (error) {
  fail(error.message);
}
