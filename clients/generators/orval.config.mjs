// Forms have no working body in this generator, and an error's
// plain form is what it gets without an Accept header.
export default {
  client: {
    input: { target: process.env.DOCUMENT },
    output: {
      target: `${process.env.FOLDER}/generated/client.ts`,
      client: "fetch",
      mode: "single",
      headers: true,
      baseUrl: { runtime: 'process.env["SERVICE"]' },
      override: { contentType: { exclude: ["multipart/form-data", "application/problem+json"] } },
    },
  },
};
