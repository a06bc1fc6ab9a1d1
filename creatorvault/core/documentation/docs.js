// Starts Swagger UI. The token that a reader enters stays in this tab's memory.
SwaggerUIBundle({
  url: document.querySelector("#swagger-ui").dataset.document,
  dom_id: "#swagger-ui",
  validatorUrl: null,
  persistAuthorization: false,
});
