// The styles of the portal, in the order in which they build on each other.
import "@fontsource-variable/inter/opsz.css";
import "@fontsource/barlow-condensed/latin-500.css";
import "@fontsource/barlow-condensed/latin-600.css";
import "@mantine/core/styles.layer.css";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/parts.css";
import "../styles/sign-in.css";
import "../styles/portal/mantine.css";
import "../styles/portal/frame.css";
import "../styles/portal/tree.css";
import "../styles/portal/pages.css";
import "../styles/portal/overview.css";
import "../styles/portal/ringing.css";
import "../styles/portal/calls.css";
