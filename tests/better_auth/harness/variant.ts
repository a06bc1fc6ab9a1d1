// The guide's Better Auth with what only some of its users set. Its bearer plugin lets tests go without cookies. With a
// session cache it keeps sessions in a cookie as a JWT, signed with its published keys ("keys") or its secret ("secret").
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { bearer, jwt, type JwtOptions } from "better-auth/plugins";
import { auth } from "@/auth";

export interface Variant {
  algorithm: string;
  audience: string;
  sessionCache: string;
}

type KeyPairConfig = NonNullable<NonNullable<JwtOptions["jwks"]>["keyPairConfig"]>;

export function variantOf({ algorithm, audience, sessionCache }: Variant) {
  const { plugins, ...options }: BetterAuthOptions = auth.options;
  const printed = plugins?.find(({ id }) => id === "jwt")?.options as JwtOptions;
  const varied = jwt({
    sessionCookieCache: sessionCache === "keys",
    jwks: { keyPairConfig: { alg: algorithm } as KeyPairConfig },
    jwt: { ...printed.jwt, ...(audience ? { audience } : {}) },
  });
  return betterAuth({
    ...options,
    ...(sessionCache ? { session: { cookieCache: { enabled: true, strategy: "jwt" as const } } } : {}),
    plugins: [...(plugins ?? []).filter(({ id }) => id !== "jwt"), bearer(), varied],
  });
}
