"""Faults that somebody thought of, in what rarely moves: keys, tokens, limits, the audit log and operators."""

from typing import Final

from benchmarks.mutants.faults import Fault

_CIPHER: Final = "creatorvault/crypto/cipher.py"
_ENVELOPE: Final = "creatorvault/crypto/envelope.py"
_KEYRING: Final = "creatorvault/crypto/keyring.py"
_ROOT_KEYS: Final = "creatorvault/crypto/providers/keyring.py"
_TOKENS: Final = "creatorvault/accounts/services.py"
_CLAIMS: Final = "creatorvault/accounts/claims.py"
_PUBLIC_KEYS: Final = "creatorvault/accounts/public_keys.py"
_GUARDS: Final = "creatorvault/accounts/guards.py"
_COUNTERS: Final = "creatorvault/core/limits/counters.py"
_LIMITS: Final = "creatorvault/core/limits/rate_limits.py"
_ADDRESSES: Final = "creatorvault/core/limits/client_addresses.py"
_OPERATORS: Final = "creatorvault/admin/operator_keys.py"
_ERASURE: Final = "creatorvault/admin/erasure.py"

CRYPTO: Final = (
    Fault(
        "one nonce for all values of a record",
        "creatorvault/crypto/records.py",
        "        seal = self._cipher.sealing.seal\n",
        "        key, nonce = self._cipher.sealing, __import__('os').urandom(12)\n\n"
        "        def seal(plaintext: bytes, context: bytes) -> bytes:\n"
        "            return key.header + nonce + key._encrypt(nonce, plaintext, key.header + context)\n\n",
        ("tests/crypto/test_nonces.py",),
    ),
    Fault(
        "a nonce made of the text",
        _ENVELOPE,
        "nonce = os.urandom(NONCE_BYTES)",
        "nonce = __import__('hashlib').sha256(plaintext).digest()[:NONCE_BYTES]",
        ("tests/crypto/test_nonces.py", "tests/crypto/test_cipher.py", "tests/crypto/test_envelope.py"),
    ),
    Fault(
        "a nonce of zeros for every wrap",
        _ROOT_KEYS,
        "nonce = os.urandom(NONCE_BYTES)",
        "nonce = bytes(NONCE_BYTES)",
        ("tests/crypto/providers/test_keyring_provider.py", "tests/crypto/test_nonces.py"),
    ),
    Fault(
        "one key for two purposes",
        _CIPHER,
        'info = f"creatorvault/v1/{purpose}".encode()',
        'info = b"creatorvault/v1/ideas"',
        ("tests/crypto",),
    ),
    Fault(
        "the cipher of another purpose is the cipher of ideas",
        _CIPHER,
        "unusable=self._unusable, purpose=purpose)",
        "unusable=self._unusable)",
        ("tests/crypto",),
    ),
    Fault(
        "names found by the newest key, so that a rotation hides them",
        _CIPHER,
        "oldest = min(*self._keys, *self._unusable, self.version)",
        "oldest = self.version",
        ("tests/crypto/test_cipher.py", "tests/idempotency"),
    ),
    Fault(
        "the key version is not authenticated",
        _ENVELOPE,
        "self._encrypt(nonce, plaintext, self.header + context)",
        "self._encrypt(nonce, plaintext, context)",
        ("tests/crypto",),
    ),
    Fault(
        "parts of a context without their lengths",
        _ENVELOPE,
        "        pieces.append(_SHORT_LENGTHS[length] if length < 256 else length.to_bytes(4))\n",
        "",
        ("tests/crypto",),
    ),
    Fault(
        "a wrap that is not bound to its creator",
        _KEYRING,
        "        vault.user_id.encode(),\n",
        "",
        ("tests/crypto",),
    ),
    Fault(
        "a wrap that is not bound to its tenant",
        _KEYRING,
        "        vault.tenant_id.bytes,\n",
        "",
        ("tests/crypto",),
    ),
    Fault(
        "a wrap that is not bound to its root key",
        _ROOT_KEYS,
        "return _HEADER + additional + context(root_key_id.encode())",
        "return _HEADER + additional",
        ("tests/crypto",),
    ),
    Fault(
        "the oldest root key wraps",
        _ROOT_KEYS,
        "next(iter(keys))",
        "next(reversed(keys))",
        ("tests/crypto/providers/test_keyring_provider.py",),
    ),
    Fault(
        "a root key that nobody drew at random",
        _ROOT_KEYS,
        "if len(set(key)) < FEWEST_BYTE_VALUES:",
        "if not any(key):",
        ("tests/crypto/providers/test_keyring_provider.py",),
    ),
    Fault(
        "a load that was under way brings forgotten keys back",
        _KEYRING,
        "if loaded.complete and forgotten == self._forgotten:",
        "if loaded.complete:",
        ("tests/crypto/test_keyring.py",),
    ),
    Fault(
        "a key that is in no row any more goes on sealing",
        _KEYRING,
        "if await VaultKeyRepository(session, vault).has(cipher.version, cipher.first_revision, cipher.wrap):",
        "if cipher is not None:",
        ("tests/crypto/test_keyring.py", "tests/tenants/test_lost_keys.py"),
    ),
    Fault(
        "a key whose wrap does not open is stored",
        _KEYRING,
        "if await self._provider.unwrap(root_key_id, wrapped, bound) != key:",
        "if False:",
        ("tests/crypto/test_keyring.py",),
    ),
    Fault(
        "a key that is never rotated",
        _KEYRING,
        "return revision - cipher.first_revision >= self.rotate_after",
        "return False",
        ("tests/crypto/test_keyring.py", "tests/tenants/test_key_rotation.py"),
    ),
    Fault(
        "the length of a text shows",
        "creatorvault/crypto/padding.py",
        "return text.ljust(padded_length(len(text)), BLANK)",
        "return text",
        ("tests/crypto",),
    ),
    Fault(
        "a text that is no JSON travels along with the alarm",
        _CIPHER,
        "        raise Tampered(**self._ids(key_version_of(sealed)))\n\n",
        "            raise Tampered(**self._ids(key_version_of(sealed)))\n\n",
        ("tests/crypto/test_cipher.py",),
    ),
    Fault(
        "pseudonyms that anybody can make",
        "creatorvault/core/telemetry/pseudonyms.py",
        "hmac.digest(self._key, ",
        'hmac.digest(b"creatorvault", ',
        ("tests/crypto/test_pseudonyms.py",),
    ),
)

ACCOUNTS: Final = (
    Fault(
        "a JWK with qi alone",
        _PUBLIC_KEYS,
        '"dq", "qi", "oth"',
        '"dq", "oth"',
        ("tests/accounts",),
    ),
    Fault(
        "a token chooses the algorithm",
        _TOKENS,
        "algorithms=[key.algorithm],",
        "algorithms=list(issuer.algorithms),",
        ("tests/accounts/test_second_lock.py",),
    ),
    Fault(
        "an expired token that is remembered",
        "creatorvault/accounts/token_cache.py",
        "self._clock() >= entry.until or not entry",
        "not entry",
        ("tests/accounts/test_remembered_tokens.py",),
    ),
    Fault(
        "a remembered token whose key was withdrawn",
        "creatorvault/accounts/token_cache.py",
        " or not entry.issuer.still_trusts(entry.key, entry.key_id):",
        ":",
        ("tests/accounts",),
    ),
    Fault(
        "a leeway of hours",
        _TOKENS,
        "leeway=self._leeway,",
        "leeway=self._leeway * 3600,",
        ("tests/accounts",),
    ),
    Fault(
        "a leeway of hours for remembered tokens",
        _TOKENS,
        "identity.expires_at.timestamp() + self._leeway\n",
        "identity.expires_at.timestamp() + self._leeway * 3600\n",
        ("tests/accounts",),
    ),
    Fault(
        "kid is ignored",
        "creatorvault/accounts/jwks_cache.py",
        "key = self._keys.get((key_id, algorithm))",
        "key = next((known for (_, fits), known in self._keys.items() if fits == algorithm), None)",
        ("tests/accounts",),
    ),
    Fault(
        "a token for another audience",
        _TOKENS,
        '"sub", *claimed]},',
        '"sub", *claimed], "verify_aud": False},',
        ("tests/accounts",),
    ),
    Fault(
        "a token without an expiry",
        _TOKENS,
        '{"require": ["exp", "iat", "sub", *claimed]}',
        '{"require": ["iat", "sub", *claimed]}',
        ("tests/accounts",),
    ),
    Fault(
        "a token that is valid for years",
        _TOKENS,
        "        refuse_long_life(claims, self._longest_life)\n",
        "",
        ("tests/accounts",),
    ),
    Fault(
        "a banned user",
        _CLAIMS,
        'if _flag(claims, "banned"):',
        "if False:",
        ("tests/accounts/test_identity.py", "tests/accounts/test_token_table.py"),
    ),
    Fault(
        "every issuer may name administrators",
        _CLAIMS,
        "is_admin=not set(roles).isdisjoint(issuer.admin_roles),",
        'is_admin="admin" in roles,',
        ("tests/accounts", "tests/admin"),
    ),
    Fault(
        "an organization without a role in it",
        _CLAIMS,
        "_identifier(claims, issuer.organization_claim) if org_roles else None",
        "_identifier(claims, issuer.organization_claim)",
        ("tests/accounts", "tests/tenants/test_organizations.py"),
    ),
    Fault(
        "a short RSA key",
        _PUBLIC_KEYS,
        "MIN_RSA_BITS: Final = 2048",
        "MIN_RSA_BITS: Final = 1024",
        ("tests/accounts/test_keys.py",),
    ),
    Fault(
        "a key that is meant for encryption",
        _PUBLIC_KEYS,
        '        and jwk.get("use", "sig") == "sig"\n',
        "",
        ("tests/accounts/test_keys.py",),
    ),
    Fault(
        "keys from wherever a redirect leads",
        "creatorvault/accounts/jwks_client.py",
        "follow_redirects=False",
        "follow_redirects=True",
        ("tests/accounts/test_published_keys.py",),
    ),
    Fault(
        "two Authorization headers",
        _GUARDS,
        "if len(headers) > 1:",
        "if False:",
        ("tests/accounts",),
    ),
    Fault(
        "refused tokens are not counted against their address",
        _GUARDS,
        "    except ServiceUnavailable:\n        await limits.give_back",
        "    except (ServiceUnavailable, Unauthorized):\n        await limits.give_back",
        ("tests/accounts/test_counted_first.py", "tests/core/test_limits.py"),
    ),
    Fault(
        "tokens are verified however many their address has sent",
        _GUARDS,
        "    reservation = await limits.reserve(scope)\n    try:\n        caller = await credentials.verify(token)\n",
        "    reservation = None\n    try:\n        caller = await credentials.verify(token)\n",
        ("tests/accounts/test_counted_first.py",),
    ),
    Fault(
        "a token that says a name twice",
        "creatorvault/accounts/tokens.py",
        "if len(members) != len(pairs):",
        "if False:",
        ("tests/accounts/test_token_table.py", "tests/accounts/test_any_token.py"),
    ),
)

LIMITS: Final = (
    Fault(
        "the newest bucket is dropped when the counters are full",
        "creatorvault/core/lru.py",
        "self._entries.popitem(last=False)",
        "self._entries.popitem()",
        ("tests/core/test_lru.py", "tests/core/test_limits.py"),
    ),
    Fault(
        "a window that never ends",
        _COUNTERS,
        "return count if counted == window else 0",
        "return count if counted <= window else 0",
        ("tests/core/test_limits.py",),
    ),
    Fault(
        "a rate limit that is off by one",
        _LIMITS,
        "if count > policy.quota:",
        "if count > policy.quota + 1:",
        ("tests/core/test_limits.py",),
    ),
    Fault(
        "writes are counted as reads",
        _LIMITS,
        'quotas.reads if scope["method"] in READING else quotas.writes',
        "quotas.reads",
        ("tests/core/test_limits.py",),
    ),
    Fault(
        "everybody shares one bucket",
        _LIMITS,
        'Reservation(f"{policy.name}:{who}", int(window))',
        "Reservation(policy.name, int(window))",
        ("tests/core/test_limits.py",),
    ),
    Fault(
        "a client says what its address is",
        _ADDRESSES,
        "if nearest is None or not self._is_proxy(nearest):",
        "if nearest is None:",
        ("tests/core",),
    ),
    Fault(
        "forwarded addresses are read from the left",
        _ADDRESSES,
        'yield from reversed(value.decode("latin-1").split(","))',
        'yield from value.decode("latin-1").split(",")',
        ("tests/core",),
    ),
    Fault(
        "each address of a subscriber has a quota of its own",
        _ADDRESSES,
        'return f"{ip_address(int(address) >> 64 << 64)}/64"',
        "return str(address)",
        ("tests/core",),
    ),
    Fault(
        "work that is never forgiven",
        "creatorvault/core/limits/work_allowance.py",
        "known.milliseconds - (self._clock() - known.at) * self._quota / WINDOW_SECONDS",
        "known.milliseconds",
        ("tests/core/test_work.py",),
    ),
    Fault(
        "a storage that is away lets everybody through",
        _COUNTERS,
        "return await self._own.add(bucket, window, seconds) if count is None else count",
        "return 0 if count is None else count",
        ("tests/core/test_shared_limits.py",),
    ),
)

IDEMPOTENCY: Final = (
    Fault(
        "a key that was used for another body is answered",
        "creatorvault/idempotency/services.py",
        "if stored.request != _digest(request):",
        "if False:",
        ("tests/idempotency",),
    ),
    Fault(
        "an answer that is not bound to its key",
        "creatorvault/idempotency/services.py",
        "self._vault.user_id.encode(), name, time_part(expires_at))",
        "self._vault.user_id.encode(), time_part(expires_at))",
        ("tests/idempotency", "tests/crypto/test_encryption_document.py"),
    ),
    Fault(
        "an answer that is kept for ever",
        "creatorvault/idempotency/repositories.py",
        "col(StoredResultRow.name) == name, col(StoredResultRow.expires_at) > now",
        "col(StoredResultRow.name) == name",
        ("tests/idempotency",),
    ),
    Fault(
        "two requests with one key at the same time",
        "creatorvault/idempotency/services.py",
        "if not await claim(session, self._vault, self._key):",
        "if False:",
        ("tests/idempotency",),
    ),
)

AUDIT: Final = (
    Fault(
        "accepted requests on public routes are counted as refused tokens",
        "creatorvault/audit/parts.py",
        "if context.status in REFUSED:",
        "if context.status:",
        ("tests/audit/test_events.py",),
    ),
    Fault(
        "an outcome that can be edited",
        "creatorvault/audit/chain.py",
        "        event.outcome.encode(),\n",
        "",
        ("tests/audit",),
    ),
    Fault(
        "events that can be taken out",
        "creatorvault/audit/verification.py",
        "if row.sequence != before.sequence + 1:",
        "if row.sequence <= before.sequence:",
        ("tests/audit/test_tampering.py",),
    ),
    Fault(
        "a chain that was cut at its end",
        "creatorvault/audit/verification.py",
        "if ends.get(tenant_id) != stored.get(tenant_id):",
        "if False:",
        ("tests/audit/test_tampering.py",),
    ),
    Fault(
        "an address that has one pseudonym for ever",
        "creatorvault/audit/audit_key.py",
        'f"audit/address/{day}"',
        '"audit/address"',
        ("tests/audit",),
    ),
)

ADMIN: Final = (
    Fault(
        "an operator without the scope",
        "creatorvault/admin/guards.py",
        "if scope not in caller.scopes:",
        "if False:",
        ("tests/admin/test_scopes.py",),
    ),
    Fault(
        "a revoked operator key",
        _OPERATORS,
        "if key.revoked_at is not None:",
        "if False:",
        ("tests/admin/test_operator_keys.py",),
    ),
    Fault(
        "an operator key is believed without asking the database",
        _OPERATORS,
        "now = _accepted(text, None if operator is None else StoredKey.of(operator))",
        "now = _accepted(text, key)",
        ("tests/admin/test_operator_keys.py",),
    ),
    Fault(
        "an operator key with another secret",
        _OPERATORS,
        "if key is None or not fits:",
        "if key is None:",
        ("tests/admin/test_operator_keys.py",),
    ),
    Fault(
        "an erasure with any confirmation",
        _ERASURE,
        "if not hmac.compare_digest(waiting.confirmation, _digest(confirmation)):",
        "if False:",
        ("tests/admin/test_erasure.py",),
    ),
    Fault(
        "an erasure at once",
        _ERASURE,
        "if now < waiting.not_before:",
        "if False:",
        ("tests/admin/test_erasure.py",),
    ),
    Fault(
        "keys of an erased tenant are kept",
        "creatorvault/crypto/app.py",
        'erases=[Erased(model=VaultKey, counted_as="keys")],',
        "erases=[],",
        ("tests/admin/test_erasure.py", "tests/admin/test_erasure_of_every_table.py"),
    ),
    Fault(
        "segments of an erased tenant are kept",
        "creatorvault/ideas/app.py",
        "erases=[Erased(model=IdeaSegment), ",
        "erases=[",
        ("tests/admin/test_erasure.py", "tests/admin/test_erasure_of_every_table.py"),
    ),
    Fault(
        "a tenant is suspended and nobody writes it down",
        "creatorvault/admin/services.py",
        "            await self._recorder.record(self._session, tenant_id, verb)\n",
        "",
        ("tests/admin/test_audited_acts.py",),
    ),
)

STABLE: Final = (*CRYPTO, *ACCOUNTS, *LIMITS, *IDEMPOTENCY, *AUDIT, *ADMIN)
