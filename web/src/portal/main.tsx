// The portal: starts the page.
import { createRoot } from "react-dom/client";
import "./styles";
import { Api } from "../session/api";
import { PortalApp } from "./app";

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<PortalApp api={new Api()} />);
