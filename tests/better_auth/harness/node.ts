// The journey in Node: `node node.js API NAME EMAIL PASSWORD` prints it as JSON.
import "./cookies";
import { journey } from "./journey";

const [api = "", name = "", email = "", password = ""] = process.argv.slice(2);
console.log(JSON.stringify(await journey(api, { name, email, password })));
