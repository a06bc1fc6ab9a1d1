// Starts Swagger UI. The token that a reader enters stays in this tab's memory.
const page = document.querySelector("#swagger-ui");

// "Try it out" fills each field with its example. Filters would empty a list, and conditions would refuse a change, so
// examples of optional parameters are shown as text. Of required ones, Swagger UI does not read those of the schema.
function withExamplesAsText(description) {
  const operations = Object.values(description.paths).flatMap((item) => Object.values(item));
  const parameters = [
    ...Object.values(description.components.parameters ?? {}),
    ...operations.flatMap((operation) => operation.parameters ?? []),
  ];
  for (const parameter of parameters.filter((each) => each.schema)) {
    const { example, examples, schema } = parameter;
    const value = example ?? Object.values(examples ?? {})[0]?.value ?? schema.example ?? schema.examples?.[0];
    if (parameter.required) {
      parameter.example = value;
      continue;
    }
    if (value !== undefined && value !== null && value !== "" && value !== schema.default) {
      parameter.description = `${parameter.description ?? ""}\n\nExample: \`${value}\``;
    }
    for (const place of [parameter, schema]) {
      delete place.example;
      delete place.examples;
    }
    // The first page of a list has an empty cursor.
    parameter.allowEmptyValue = parameter.name === "cursor";
  }
  return description;
}

const examplesAsText = () => ({
  statePlugins: {
    spec: { wrapActions: { updateJsonSpec: (update) => (description) => update(withExamplesAsText(description)) } },
  },
});

// Swagger UI has no field for an element of a list that is an id.
const fieldsOfIds = ({ React, getComponent }) => ({
  components: {
    JsonSchema_string_uuid: (given) => React.createElement(getComponent("JsonSchema_string"), given),
  },
});

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

// Swagger UI does not keep the focus in its dialogs, and loses it when one closes.
const FOCUSABLE = "button:not([disabled]), input, select, textarea, a[href], [tabindex='0']";
let dialog = null;
let opener = null;

function changed() {
  const shown = page.querySelector(".dialog-ux .modal-ux");
  if (shown && shown !== dialog) {
    shown.setAttribute("role", "dialog");
    shown.setAttribute("aria-modal", "true");
    shown.setAttribute("aria-label", shown.querySelector("h3")?.textContent ?? "");
    (shown.querySelector("input") ?? shown.querySelector(FOCUSABLE))?.focus();
  } else if (!shown && dialog) {
    opener?.focus();
  }
  dialog = shown;
}

function focused(event) {
  if (!event.target.closest(".dialog-ux")) opener = event.target;
}

function pressed(event) {
  if (!dialog) return;
  if (event.key === "Escape") {
    dialog.querySelector(".close-modal").click();
  } else if (event.key === "Tab") {
    const [first, ...others] = dialog.querySelectorAll(FOCUSABLE);
    const last = others.at(-1) ?? first;
    if (document.activeElement === (event.shiftKey ? first : last)) {
      event.preventDefault();
      (event.shiftKey ? last : first).focus();
    }
  }
}

new MutationObserver(changed).observe(page, { childList: true, subtree: true });
document.querySelector(".skip").addEventListener("click", () => page.focus());
document.addEventListener("focusin", focused);
document.addEventListener("keydown", pressed);

SwaggerUIBundle({
  url: page.dataset.document,
  dom_id: "#swagger-ui",
  docExpansion: "list",
  plugins: [examplesAsText, fieldsOfIds],
  validatorUrl: null,
  persistAuthorization: false,
});
