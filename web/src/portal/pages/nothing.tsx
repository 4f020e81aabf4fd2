// A path that leads nowhere.
import { Link } from "@tanstack/react-router";
import { useWords } from "../surroundings";

export function Nothing() {
  const { say } = useWords();
  return (
    <div className="p-empty">
      <p>{say("list.nothing")}</p>
      <Link className="btn" to="/">
        {say("nav.overview")}
      </Link>
    </div>
  );
}
