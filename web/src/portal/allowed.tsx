// A page for those who may see it; others are told so, and whom to ask.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { AnyKey } from "../words/portal";
import { useMay, useWords, type Permission } from "./surroundings";

interface Props {
  readonly needs: Permission;
  /** Its reader needs it in the whole company. */
  readonly everywhere?: boolean;
  readonly children: ReactNode;
}

export function Allowed({ needs, everywhere = false, children }: Props) {
  const { say } = useWords();
  const may = useMay();
  if (everywhere ? may(needs, "/") : may(needs)) return children;
  const right = say(`may.${needs}` as AnyKey);
  return (
    <div className="p-empty" role="status">
      <h1>{say("page.not_yours.title")}</h1>
      <p>{say(everywhere ? "page.not_yours.everywhere" : "page.not_yours", { right })}</p>
      <Link className="btn" to="/">
        {say("nav.overview")}
      </Link>
    </div>
  );
}
