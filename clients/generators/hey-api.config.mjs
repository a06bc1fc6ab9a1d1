export default {
  input: process.env.DOCUMENT,
  output: { path: `${process.env.FOLDER}/generated` },
  plugins: ["@hey-api/typescript", "@hey-api/sdk", "@hey-api/client-fetch"],
  logs: { file: false },
};
