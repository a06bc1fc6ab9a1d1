// The collection of ideas: of each user, and for nobody else.
migrate((app) => {
  const own = "owner = @request.auth.id"
  app.save(new Collection({
    type: "base",
    name: "ideas",
    listRule: own,
    viewRule: own,
    createRule: own,
    updateRule: own,
    deleteRule: own,
    fields: [
      {
        type: "relation",
        name: "owner",
        required: true,
        maxSelect: 1,
        cascadeDelete: true,
        collectionId: app.findCollectionByNameOrId("users").id,
      },
      { type: "text", name: "title", required: true, max: 200 },
      { type: "text", name: "notes", max: 5000 },
      { type: "select", name: "stage", required: true, maxSelect: 1, values: ["idea", "outline", "draft", "published"] },
      { type: "select", name: "priority", required: true, maxSelect: 1, values: ["low", "medium", "high"] },
      { type: "json", name: "tags" },
      { type: "date", name: "due_date" },
      { type: "autodate", name: "created_at", onCreate: true },
      { type: "autodate", name: "updated_at", onCreate: true, onUpdate: true },
    ],
    indexes: ["CREATE INDEX ideas_owner_created ON ideas (owner, created_at)"],
  }))
}, (app) => app.delete(app.findCollectionByNameOrId("ideas")))
