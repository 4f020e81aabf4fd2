// The operator's client: starts the page.
import { createRoot } from "react-dom/client";
import "../styles";
import { ClientApp } from "./app";
import { Api } from "../session/api";

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<ClientApp api={new Api()} />);
