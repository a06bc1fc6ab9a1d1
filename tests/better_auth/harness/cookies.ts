// Node keeps no cookies and sends no Origin, as browsers do. Better Auth's client takes the `fetch` that it finds first.
const { BETTER_AUTH_URL = "" } = process.env;
const cookies = new Map<string, string>();
const send = fetch;

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  request.headers.set("Origin", BETTER_AUTH_URL);
  if (!request.url.startsWith(`${BETTER_AUTH_URL}/`)) return send(request);
  request.headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
  const response = await send(request);
  for (const cookie of response.headers.getSetCookie()) {
    const [pair = ""] = cookie.split(";");
    const equals = pair.indexOf("=");
    cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return response;
};
