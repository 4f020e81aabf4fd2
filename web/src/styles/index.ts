// The styles of the client, in the order in which they build on each other.
import "@fontsource-variable/inter/opsz.css";
import "@fontsource/barlow-condensed/latin-500.css";
import "@fontsource/barlow-condensed/latin-600.css";
import "./tokens.css";
import "./base.css";
import "./parts.css";
import "./picture.css";
import "./door.css";
import "./sign-in.css";
import "./desk.css";
import "./home.css";
import "./surface.css";
import "./stage.css";
import "./narrow.css";
import "./phone.css";
import "./low.css";
