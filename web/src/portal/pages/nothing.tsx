// A path that leads nowhere.
import { Link } from "@tanstack/react-router";
import { Head } from "../parts/page";
import { useWords } from "../surroundings";

export function Nothing() {
  const { say } = useWords();
  return (
    <>
      <Head title={say("list.nothing")} lead={say("list.nothing.text")} />
      <Link className="btn" to="/">
        {say("nav.overview")}
      </Link>
    </>
  );
}
