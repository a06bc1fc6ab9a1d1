// Better Auth as docs/better-auth.md tells a front end to configure it, on a database in memory. With sessionCache it also
// caches sessions in a cookie as a JWT, which is signed with its published keys ("keys") or with its secret ("secret").
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { admin, bearer, jwt, organization } from "better-auth/plugins";

export function createAuth({ baseURL, secret, algorithm, audience, sessionCache, database }) {
  const auth = betterAuth({
    baseURL,
    secret,
    database: memoryAdapter(database),
    emailAndPassword: { enabled: true },
    ...(sessionCache ? { session: { cookieCache: { enabled: true, strategy: "jwt" } } } : {}),
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    plugins: [
      admin(),
      bearer(),
      organization(),
      jwt({
        sessionCookieCache: sessionCache === "keys",
        jwks: { keyPairConfig: { alg: algorithm } },
        jwt: {
          ...(audience ? { audience } : {}),
          definePayload: async ({ user, session }) => {
            const { adapter } = await auth.$context;
            const organizationId = session.activeOrganizationId;
            const member = organizationId
              ? await adapter.findOne({
                  model: "member",
                  where: [
                    { field: "organizationId", value: organizationId },
                    { field: "userId", value: user.id },
                  ],
                })
              : null;
            return {
              email: user.email,
              name: user.name,
              role: user.role,
              banned: user.banned,
              ...(member ? { org_id: organizationId, org_role: member.role } : {}),
            };
          },
        },
      }),
    ],
  });
  return auth;
}
