// Starts Redoc. Its own start from an attribute would report each visit to its makers.
const page = document.querySelector("#reference");
const [{ init }, description] = await Promise.all([
  import(page.dataset.redoc),
  fetch(page.dataset.document).then((answer) => answer.json()),
]);

// Clients know some tags by their being there twice; a reader needs each operation once.
for (const operations of Object.values(description.paths)) {
  for (const operation of Object.values(operations)) {
    operation.tags = [...new Set(operation.tags)];
  }
}

init(description, { disableTelemetry: true }, page);
