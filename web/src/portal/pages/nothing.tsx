// A path that leads nowhere, or to what is not there.
import { Link } from "@tanstack/react-router";
import { Head } from "../parts/page";
import { useWords } from "../surroundings";

export function Nothing({ text }: { text?: string }) {
  const { say } = useWords();
  return (
    <>
      <Head title={say("list.nothing")} lead={text ?? say("list.nothing.text")} />
      <Link className="btn" to="/">
        {say("nav.overview")}
      </Link>
    </>
  );
}
