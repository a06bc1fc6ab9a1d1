// Starts Redoc. Its own start from an attribute would report each visit to its makers.
const page = document.querySelector("#reference");
const [{ init }, description] = await Promise.all([
  import(page.dataset.redoc),
  fetch(page.dataset.document).then((answer) => answer.json()),
]);

init(description, { disableTelemetry: true }, page);
